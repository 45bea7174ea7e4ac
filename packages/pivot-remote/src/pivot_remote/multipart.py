"""Multipart uploads as requests: begun, found again, sent part by part, and ended in one way or the other.

Each request takes the short way first. What the parts are of, and when an upload counts, is known by ``upload``.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypedDict
from zlib import crc32

from pivot_remote.connection import Connection
from pivot_remote.errors import RemoteError, ServerFailed
from pivot_remote.failures import Outcome
from pivot_remote.question import CHECKSUM, Question

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PUT: Final = "s3:PutObject"
_PAGES: Final = 10
"""So many pages of a listing at most: whoever looks for what was left over does not look for ever."""
_STALE: Final = timedelta(days=7)


class Condition(TypedDict, total=False):
    """The argument that makes a request conditional, or nothing."""

    IfNoneMatch: Literal["*"]


class UploadGone(Exception):
    """The upload was ended by somebody else."""


class Part(NamedTuple):
    """A part that the server has: its size in bytes, the server's tag for it, and its checksum if that is known."""

    number: int
    size: int
    tag: str
    checksum: str = ""


class Multipart:
    """The multipart uploads of one bucket. Any number of threads may use it at once."""

    def __init__(self, connection: Connection, prefix: str) -> None:
        self._connection = connection
        self._bucket = connection.location.bucket
        self._prefix = prefix
        self._left: dict[str, str] | None = None
        self._lock = Lock()

    def begin(self, key: str) -> str:
        """Begin an upload; return its name."""
        headers = {"x-amz-checksum-algorithm": "CRC32"}
        quick = self._connection.quick(Question("POST", key, {"uploads": ""}, headers=headers))
        if quick and (name := _text(quick.body, "UploadId")):
            return name
        client = self._connection.client
        answer = self._connection.ask(
            PUT, lambda: client.create_multipart_upload(Bucket=self._bucket, Key=key, ChecksumAlgorithm="CRC32")
        )
        return self._told(answer, "UploadId")

    def take_left(self, key: str) -> tuple[str, dict[int, Part]] | None:
        """Return the upload that somebody began for this key and did not end, with its parts; each but once.

        A server that does not tell, or not us, has none. What nobody added to for a week is removed on the way.
        """
        with self._lock:
            if self._left is None:
                self._left = self._find_left()
            name = self._left.pop(key, None)
        return None if name is None else (name, self._parts(key, name))

    def send(self, key: str, name: str, number: int, data: bytes) -> Part:
        """Send a part; raise ``UploadGone`` if there is no such upload any more."""
        checksum = crc_of(data)
        query = {"partNumber": str(number), "uploadId": name}
        headers = {CHECKSUM: checksum}
        quick = self._connection.quick(Question("PUT", key, query, data, headers, named=True))
        if quick and (tag := quick.headers.get("etag")):
            return Part(number, len(data), tag, checksum)
        client = self._connection.client
        answer = self._connection.probe(
            PUT,
            lambda: client.upload_part(
                Bucket=self._bucket, Key=key, UploadId=name, PartNumber=number, Body=data, ChecksumCRC32=checksum
            ),
            Outcome.GONE,
        )
        if isinstance(answer, Outcome):
            raise UploadGone
        return Part(number, len(data), self._told(answer, "ETag"), checksum)

    def complete(self, key: str, name: str, parts: Sequence[Part], condition: Condition) -> object:
        """Let the parts be the object; an ``Outcome``, or what the client raises, where that did not happen."""
        headers = {"if-none-match": "*"} if condition else {}
        question = Question("POST", key, {"uploadId": name}, _listed(parts), headers, expected=(200, 412))
        quick = self._connection.quick(question)
        if quick and quick.status == 412:
            return Outcome.EXISTS
        if quick and _text(quick.body, "ETag"):  # an answer of 200 may tell of an error all the same
            return quick
        listed: list[CompletedPartTypeDef] = []
        for _, _, tag, checksum in parts:
            one: CompletedPartTypeDef = {"PartNumber": len(listed) + 1, "ETag": tag}
            if checksum:
                one["ChecksumCRC32"] = checksum
            listed.append(one)
        return self._connection.client.complete_multipart_upload(
            Bucket=self._bucket, Key=key, UploadId=name, MultipartUpload={"Parts": listed}, **condition
        )

    def abort(self, key: str, name: str) -> None:
        """Let the server forget the parts. If it cannot be asked now, a later push or the bucket's rules do it."""
        if self._connection.quick(Question("DELETE", key, {"uploadId": name}, expected=(200, 204, 404))):
            return
        client = self._connection.client
        with suppress(RemoteError):
            self._connection.ask(
                "s3:AbortMultipartUpload",
                lambda: client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=name),
            )

    def _told(self, answer: Mapping[str, object], name: str) -> str:
        """Return a field of an answer to the client, which takes any answer for one of S3."""
        if not answer.get(name):
            raise ServerFailed(self._connection.address, PUT, f"it tells no {name}")
        return str(answer[name])

    def _find_left(self) -> dict[str, str]:
        """Return the newest upload of each key of ours that was begun and not ended."""
        found: dict[str, tuple[str, str]] = {}
        query = {"uploads": "", "prefix": self._prefix}
        for page in self._pages("", query, {"key-marker": "NextKeyMarker", "upload-id-marker": "NextUploadIdMarker"}):
            for entry in page.get("Upload", ()):
                key, name, begun = entry.get("Key", ""), entry.get("UploadId", ""), entry.get("Initiated", "")
                if not key.startswith(self._prefix) or not name:
                    continue
                if _is_old(begun) and all(_is_old(part.get("LastModified", "")) for part in self._told_of(key, name)):
                    self.abort(key, name)
                elif begun >= found.get(key, ("", ""))[0]:
                    found[key] = begun, name
        return {key: name for key, (_, name) in found.items()}

    def _parts(self, key: str, name: str) -> dict[int, Part]:
        found: dict[int, Part] = {}
        for entry in self._told_of(key, name):
            number, size = entry.get("PartNumber", ""), entry.get("Size", "")
            if number.isdecimal() and size.isdecimal() and entry.get("ETag"):
                found[int(number)] = Part(int(number), int(size), entry["ETag"], entry.get("ChecksumCRC32", ""))
        return found

    def _told_of(self, key: str, name: str) -> Iterator[dict[str, str]]:
        """Yield what the server tells of the parts of an upload."""
        for page in self._pages(key, {"uploadId": name}, {"part-number-marker": "NextPartNumberMarker"}):
            yield from page.get("Part", ())

    def _pages(
        self, key: str, query: Mapping[str, str], markers: Mapping[str, str]
    ) -> Iterator[dict[str, list[dict[str, str]]]]:
        """Yield the pages of a listing, as the entries of each kind; none where the server does not answer so."""
        asked = dict(query)
        for _ in range(_PAGES):
            quick = self._connection.quick(Question("GET", key, asked))
            root = _parse(quick.body) if quick else None
            if root is None:
                return
            page: dict[str, list[dict[str, str]]] = {}
            told: dict[str, str] = {}
            for child in root:
                kind = child.tag.rpartition("}")[2]
                fields = {field.tag.rpartition("}")[2]: field.text or "" for field in child}
                page.setdefault(kind, []).append(fields)
                told[kind] = child.text or ""
            yield page
            following = {marker: told[field] for marker, field in markers.items() if told.get(field)}
            if told.get("IsTruncated") != "true" or not following or following.items() <= asked.items():
                return
            asked |= following


def crc_of(data: bytes) -> str:
    """Return the CRC-32 of the bytes as S3 writes it; the server compares it with what arrived."""
    return b64encode(crc32(data).to_bytes(4)).decode()


def is_same(part: Part, data: bytes) -> bool:
    """Say whether a part that the server has is these bytes, by the strongest of what it tells."""
    if part.size != len(data):
        return False
    if part.checksum:
        return part.checksum == crc_of(data)
    from hashlib import md5  # lazy: for what was left over alone

    return part.tag.strip('"') == md5(data, usedforsecurity=False).hexdigest()


def _is_old(moment: str) -> bool:
    try:
        return datetime.now(UTC) - datetime.fromisoformat(moment) > _STALE
    except (ValueError, TypeError):
        return False


def _listed(parts: Sequence[Part]) -> bytes:
    """Return the list of parts as S3 reads it."""
    entries = "".join(
        f"<Part><PartNumber>{one.number}</PartNumber><ETag>{one.tag.replace('&', '&amp;').replace('<', '&lt;')}</ETag>"
        + (f"<ChecksumCRC32>{one.checksum}</ChecksumCRC32>" if one.checksum else "")
        + "</Part>"
        for one in parts
    )
    space = "http://s3.amazonaws.com/doc/2006-03-01/"
    return f'<CompleteMultipartUpload xmlns="{space}">{entries}</CompleteMultipartUpload>'.encode()


def _text(data: bytes, name: str) -> str:
    """Return what an answer says under a name; an empty text if it says nothing."""
    root = _parse(data)
    if root is None or root.tag.rpartition("}")[2] == "Error":
        return ""
    return next((child.text or "" for child in root if child.tag.rpartition("}")[2] == name), "")


def _parse(data: bytes) -> "Element | None":
    from xml.etree import ElementTree as ET  # lazy: only large objects need it

    try:
        return ET.fromstring(data)
    except ET.ParseError:
        return None
