"""A bucket as a remote: `format` and `objects/ab/cdef…` below a prefix, at Amazon or any server that speaks S3.

The layout is that of a cache directory, so any tool may copy one into a bucket or back. Nothing is connected before the
first question. How objects are written is in ``upload``, how they are read in ``stream``, how many are looked for at
once in ``presence``; this module knows the keys.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from math import inf
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, Self

from pivot_cache import ObjectCorrupt, ObjectId, ObjectMissing, hash_bytes, is_object_id, object_id
from pivot_remote.bucket_files import BucketFiles
from pivot_remote.connection import Connection, Limits
from pivot_remote.errors import InvalidLocation, NotS3, RemoteTooNew, ServerFailed, TooLarge
from pivot_remote.failures import Outcome
from pivot_remote.files import RemoteFiles
from pivot_remote.location import Remote, S3Location
from pivot_remote.presence import ListingBroken, Page, find_sizes, next_page, read_entries, read_page
from pivot_remote.question import Question
from pivot_remote.store import READ_LIMIT, There
from pivot_remote.stream import GET, open_object
from pivot_remote.upload import PART, Uploader

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef

FORMAT: Final = "1"
_LIST: Final = "s3:ListBucket"
_HEAD: Final = "s3:GetObject, s3:ListBucket"
_FORMAT_BYTES: Final = 64
_HEADS_AT_ONCE: Final = 8


class Head(NamedTuple):
    """What is under a key: its bytes, and when it was written, in seconds since the epoch; if nobody says, never."""

    size: int
    written: float


class S3Store:
    """A ``RemoteStore`` in a bucket. Any number of threads may use it at once; close it, or use it in a ``with``.

    Raises ``InvalidLocation`` at once; at use the errors of ``pivot_remote.errors`` besides those of ``Store``.
    ``part`` is the size in bytes from which on an object is sent in several parts, of about that size.
    """

    def __init__(self, remote: Remote, *, limits: Limits | None = None, part: int = PART) -> None:
        location = remote.location()
        if not isinstance(location, S3Location):
            raise InvalidLocation(remote.url, "it is no bucket; write s3://bucket/prefix")
        self._connection = Connection(remote, location, limits or Limits())
        self._bucket = location.bucket
        self._prefix = location.prefix
        self._objects = f"{location.prefix}objects/"
        self._format = f"{location.prefix}format"
        self._uploader = Uploader(self._connection, self._size, prefix=self._objects, part=part)
        self.files: RemoteFiles = BucketFiles(self._connection, self._uploader, self._list_folder)
        self._format_lock = Lock()
        self._format_found: str | None = None

    def __repr__(self) -> str:
        return f"S3Store({self.address!r})"

    @property
    def address(self) -> str:
        """Where it is: ``s3://bucket/prefix``."""
        return self._connection.address

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. The store can be used again."""
        self._connection.close()
        self._format_found = None

    # -- looking

    def look(self) -> None:
        """Ask whether there is a bucket that we may read, with a format that we know; each store asks but once."""
        self._check_format()

    def has(self, oid: ObjectId) -> bool:
        """Say whether an object has the name. Its bytes are not looked at."""
        return bool(self.sizes((oid,)))

    def missing(self, ids: Iterable[ObjectId]) -> set[ObjectId]:
        """Return those that are not there; see ``sizes``."""
        wanted = set(ids)
        return wanted - self.sizes(wanted).keys()

    def sizes(self, ids: Iterable[ObjectId]) -> dict[ObjectId, int]:
        """Return those that are there, with their sizes in bytes: for many a request per 1,000 names, else one each."""
        return self.find(ids, 0).sizes

    def find(self, ids: Iterable[ObjectId], before: float) -> There:
        """Return the same, and which of them were written before a time, in seconds since the epoch."""
        keys = {self._key(oid): oid for oid in ids}
        old: set[str] = set()

        def list_after(after: str) -> Page:
            page = self._list_folder("objects/", after, before)
            old.update(page.old)
            return page

        def ask_each(some: Sequence[str]) -> dict[str, int]:
            heads = self._ask_each(some)
            old.update(key for key, head in heads.items() if head.written < before)
            return {key: head.size for key, head in heads.items()}

        try:
            found = find_sizes(keys, list_after, ask_each)
        except ListingBroken:
            raise self._not_s3("its listing is in no order") from None
        return There({keys[key]: size for key, size in found.items()}, {keys[key] for key in old & found.keys()})

    def size(self, oid: ObjectId) -> int:
        """Return the object's size in bytes; raise ``ObjectMissing``."""
        found = self.sizes((oid,))
        if oid not in found:
            raise ObjectMissing(oid, self.address)
        return found[oid]

    def ids(self) -> Iterator[ObjectId]:
        """Yield the names of all objects, in their order, 1,000 a request. Keys of other forms are ignored."""
        page = Page({}, "", more=True)
        while page.more:
            try:
                page = next_page(self._list_after, page.last)
            except ListingBroken:
                raise self._not_s3("its listing is in no order") from None
            for key in page.sizes:
                name = self._name(key)
                if is_object_id(name):
                    yield ObjectId(name)

    # -- reading

    def open(self, oid: ObjectId, start: int = 0) -> BinaryIO:
        """Return a stream of the object's bytes, which the reader compares with the name; raise ``ObjectMissing``."""
        key = self._key(oid)
        self._check_format()
        return open_object(self._connection, key, oid, start)

    def read(self, oid: ObjectId) -> bytes:
        """Return all bytes, verified; raise ``ObjectMissing``, ``ObjectCorrupt``, or ``TooLarge`` beyond 1 GiB."""
        with self.open(oid) as stream:
            data = stream.read(READ_LIMIT + 1)
        if len(data) > READ_LIMIT:
            raise TooLarge(self.address, oid, READ_LIMIT)
        if hash_bytes(data) != oid:
            raise ObjectCorrupt(oid, self.address)
        return data

    # -- keeping

    def add_bytes(self, data: bytes) -> ObjectId:
        """Keep the bytes and return their name."""
        oid = hash_bytes(data)
        self.add(oid, BytesIO(data))
        return oid

    def add(self, oid: ObjectId, stream: BinaryIO) -> None:
        """Keep what the stream gives under this name; if it does not match, keep nothing and raise ``ObjectCorrupt``.

        Errors of the stream pass through. An object of the same size that is there already stays as it is.
        """
        key = self._key(oid)
        self._check_format(write=True)
        self._uploader.add(oid, key, stream)

    def add_from(self, oid: ObjectId, size: int, open_from: Callable[[int], BinaryIO]) -> None:
        """Keep an object of this size like ``add``, going on where an earlier try ended."""
        key = self._key(oid)
        self._check_format(write=True)
        self._uploader.add_from(oid, key, size, open_from)

    # -- keys

    def _key(self, oid: ObjectId) -> str:
        name = object_id(oid)
        return f"{self._objects}{name[:2]}/{name[2:]}"

    def _name(self, key: str) -> str:
        """Return the name of the object that a key holds; a text that is no name for other keys."""
        name = key.removeprefix(self._objects)
        return name[:2] + name[3:] if name[2:3] == "/" else ""

    def _check_format(self, *, write: bool = False) -> None:
        """Ask once what the remote's format is, which also tells whether there is a bucket and we may read it."""
        with self._format_lock:
            if self._format_found is None:
                self._format_found = self._read_format()
            if write and not self._format_found:
                ours = self._uploader.put(self._format, f"{FORMAT}\n".encode(), replace=False)
                self._format_found = FORMAT if ours else self._read_format() or FORMAT
            if self._format_found not in ("", FORMAT):
                raise RemoteTooNew(self.address, self._format_found, FORMAT)

    def _read_format(self) -> str:
        quick = self._connection.quick(Question("GET", self._format, expected=(200, 404)))
        if quick and quick.status == 404 and b"<Code>NoSuchKey</Code>" in quick.body:
            return ""
        if quick and quick.status == 200:
            return self._format_in(quick.body[:_FORMAT_BYTES])
        client = self._connection.client

        def get() -> bytes:
            with client.get_object(Bucket=self._bucket, Key=self._format)["Body"] as body:
                return body.read(_FORMAT_BYTES)

        found = self._connection.probe(f"{GET}, {_LIST}", get, Outcome.ABSENT)
        if isinstance(found, Outcome):
            return ""
        return self._format_in(found)

    def _format_in(self, found: bytes) -> str:
        text = found.decode("utf-8", "backslashreplace").strip()
        if text and not text.isalnum():  # an empty file is what a crash may leave of one that was copied here
            raise self._not_s3("what it gives for the remote's format is none")
        return text

    def _not_s3(self, detail: str) -> NotS3:
        return NotS3(self.address, self._connection.place.endpoint, detail)

    # -- questions

    def _list_after(self, after: str) -> Page:
        return self._list_folder("objects/", after)

    def _list_folder(self, folder: str, after: str, before: float = 0) -> Page:
        prefix = self._prefix + folder
        text = datetime.fromtimestamp(before, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z") if before else ""
        query = {"list-type": "2", "prefix": prefix} | ({"start-after": after} if after else {})
        quick = self._connection.quick(Question("GET", "", query))
        if quick and (page := read_page(quick.body, after, text)):
            return page
        client = self._connection.client

        def list_keys() -> "ListObjectsV2OutputTypeDef":
            if after:
                return client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, StartAfter=after)
            return client.list_objects_v2(Bucket=self._bucket, Prefix=prefix)

        try:
            answer = self._connection.ask(_LIST, list_keys)
        except ServerFailed:
            self._check_format()  # The client takes a listing that is none for a failure; this tells the two apart.
            raise
        try:
            entries = list(read_entries(answer.get("Contents", [])))
            if not entries and "Name" not in answer:  # the client reads any XML, such as a web page, as no entries
                raise ListingBroken
        except ListingBroken:
            raise self._not_s3("what it gives for a listing is none") from None
        sizes = {entry.name: entry.size for entry in entries}
        old = frozenset(entry.name for entry in entries if entry.written < before)
        return Page(sizes, entries[-1].name if entries else after, bool(answer.get("IsTruncated")), old)

    def _ask_each(self, keys: Sequence[str]) -> dict[str, Head]:
        # An answer to HEAD has no body, so a missing bucket looks like a missing object: ask for that before.
        self._check_format()
        if len(keys) == 1:
            heads = [self._head(keys[0])]
        else:
            from concurrent.futures import ThreadPoolExecutor  # lazy: a listing needs no threads

            with ThreadPoolExecutor(min(_HEADS_AT_ONCE, len(keys)), "pivot-remote-head") as workers:
                heads = list(workers.map(self._head, keys))
        return {key: head for key, head in zip(keys, heads, strict=True) if head is not None}

    def _size(self, key: str) -> int | None:
        head = self._head(key)
        return None if head is None else head.size

    def _head(self, key: str) -> Head | None:
        quick = self._connection.quick(Question("HEAD", key, expected=(200, 404)))
        if quick and quick.status == 404:
            return None
        if quick and (size := quick.headers.get("content-length", "")).isdecimal():
            return Head(int(size), read_time(quick.headers.get("last-modified", "")))
        client = self._connection.client
        answer = self._connection.probe(_HEAD, lambda: client.head_object(Bucket=self._bucket, Key=key), Outcome.ABSENT)
        if isinstance(answer, Outcome):
            return None
        if "ContentLength" not in answer:
            raise self._not_s3("it tells no size")
        return Head(answer["ContentLength"], _written(answer))


def _written(answer: Mapping[str, object]) -> float:
    time = answer.get("LastModified")
    return time.timestamp() if isinstance(time, datetime) else inf


def read_time(text: str) -> float:
    """Return the time that a header tells, in seconds since the epoch; infinity if it tells none."""
    from email.utils import parsedate_to_datetime  # lazy: listings tell it in another form

    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return inf
