import zlib
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO, RawIOBase
from threading import Barrier, Lock
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot_cache import ObjectCorrupt, hash_bytes
from pivot_remote import NotS3, S3Location, ServerFailed, TooLarge
from pivot_remote.connection import Connection
from pivot_remote.upload import AT_ONCE, LARGEST_PART, PARTS, SIZE_LIMIT, Uploader, part_size, read_exactly

DATA = bytes(range(256)) * 4
OID = hash_bytes(DATA)


class Bucket:
    """The half of S3 that uploads need, for a server of the tests."""

    def __init__(self, server) -> None:
        self.objects: dict[str, bytes] = {}
        self.parts: dict[int, bytes] = {}
        self.aborted = 0
        self.refusals: list[Any] = []  # answers to what would give an object its name
        self.conditions: list[str | None] = []
        self._server = server
        self._lock = Lock()
        server.respond = self.respond

    def uploader(self, part: int = 1 << 20, tries: int = 3) -> Uploader:
        connection = Connection(
            self._server.remote, S3Location("bucket", ""), self._server.limits._replace(tries=tries)
        )
        return Uploader(connection, self.size_of, part=part)

    def size_of(self, key: str) -> int | None:
        found = self.objects.get(f"/bucket/{key}")
        return None if found is None else len(found)

    def respond(self, asked) -> Any:
        url = urlsplit(asked.path)
        query = parse_qs(url.query, keep_blank_values=True)
        with self._lock:
            match asked.method:
                case "POST" if "uploads" in query:
                    return self._server.give(200, b"<R><UploadId>number</UploadId></R>")
                case "PUT" if "partNumber" in query:
                    self.check(asked)
                    self.parts[int(query["partNumber"][0])] = asked.body
                    return self._server.give(200, b"", ("ETag", '"tag"'))
                case "POST":
                    return self.name(asked, url.path, b"".join(self.parts[number] for number in sorted(self.parts)))
                case "PUT":
                    self.check(asked)
                    return self.name(asked, url.path, asked.body)
                case "DELETE":
                    self.aborted += 1
                    return self._server.give(204)
        return self._server.give(400)

    def name(self, asked, path: str, data: bytes) -> Any:
        condition = asked.headers.get("If-None-Match")
        self.conditions.append(condition)
        if self.refusals:
            return self.refusals.pop(0)
        if condition == "*" and path in self.objects:
            return self._server.refuse(412, "PreconditionFailed")
        self.objects[path] = data
        return self._server.give(200, b"<R><ETag>tag</ETag></R>")

    @staticmethod
    def check(asked) -> None:
        assert int.from_bytes(b64decode(asked.headers["x-amz-checksum-crc32"])) == zlib.crc32(asked.body)


@pytest.fixture
def bucket(server) -> Bucket:
    return Bucket(server)


@pytest.mark.parametrize("part", [2000, 1024, 1023, 400, 100])
def test_what_was_sent_is_there(bucket: Bucket, part: int) -> None:
    bucket.uploader(part).add(OID, "key", BytesIO(DATA))
    assert bucket.objects == {"/bucket/key": DATA}
    assert bucket.conditions == ["*"]
    assert bucket.aborted == 0
    assert {len(data) for data in bucket.parts.values()} <= {part, len(DATA) % part}


def test_an_empty_object(bucket: Bucket) -> None:
    bucket.uploader().add(hash_bytes(b""), "key", BytesIO(b""))
    assert bucket.objects == {"/bucket/key": b""}


@pytest.mark.parametrize("part", [2000, 100])
@pytest.mark.parametrize("wrong", [DATA[:-1], DATA + b"x", b"x" + DATA[1:]], ids=["short", "long", "other"])
def test_wrong_bytes_get_no_name(bucket: Bucket, part: int, wrong: bytes) -> None:
    with pytest.raises(ObjectCorrupt) as caught:
        bucket.uploader(part).add(OID, "key", BytesIO(wrong))
    assert caught.value.id == OID
    assert bucket.objects == {}
    assert bucket.aborted == (part == 100)


class Breaking(RawIOBase):
    """A stream that breaks after so many bytes."""

    def __init__(self, data: bytes) -> None:
        self.rest = BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        data = self.rest.read(size)
        if not data:
            raise ConnectionResetError("in the middle")
        return data


@pytest.mark.parametrize("part", [2000, 100])
def test_a_stream_that_breaks_gets_no_name(bucket: Bucket, part: int) -> None:
    uploader = bucket.uploader(part)
    for _ in range(3 * AT_ONCE):  # places for parts must not get lost
        with pytest.raises(ConnectionResetError):
            uploader.add(OID, "key", Breaking(DATA[:950]))
    assert bucket.objects == {}
    bucket.uploader(part).add(OID, "key", BytesIO(DATA))
    assert bucket.objects == {"/bucket/key": DATA}


def test_as_many_parts_as_may_be_are_on_their_way_at_once(server, bucket: Bucket) -> None:
    together = Barrier(AT_ONCE)

    def respond(asked) -> Any:
        if "partNumber" in asked.path:
            together.wait(50)  # breaks unless so many come
        return bucket.respond(asked)

    server.respond = respond
    data = bytes(AT_ONCE * 100)
    bucket.uploader(100).add_from(hash_bytes(data), "key", len(data), lambda start: BytesIO(data[start:]))
    assert bucket.objects == {"/bucket/key": data}


def test_parts_in_memory_are_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch, server, bucket: Bucket) -> None:
    """Also those of several uploads, and before the first request is answered: four parts of 100 bytes have room."""
    monkeypatch.setattr("pivot_remote.upload.MEMORY", 400)
    read = 0
    answered = 0
    most = 0

    class Watched(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            nonlocal read, most
            found = super().read(size)
            with lock:
                read += len(found)
                most = max(most, read - answered)
            return found

    def respond(asked) -> Any:
        nonlocal answered
        given = bucket.respond(asked)
        if "partNumber" in asked.path:
            with lock:
                answered += len(asked.body)
        return given

    lock = Lock()
    server.respond = respond
    uploader = bucket.uploader(100)
    add = partial(uploader.add_from, OID, size=len(DATA), open_from=lambda start: Watched(DATA[start:]))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, (f"key{number}" for number in range(8))))
    assert len(bucket.objects) == 8
    assert most <= 400


def test_an_object_that_is_too_large_is_told_before_anything_is_sent(server, bucket: Bucket) -> None:
    with pytest.raises(TooLarge):
        bucket.uploader().add_from(OID, "key", SIZE_LIMIT + 1, lambda _: pytest.fail("it was read"))
    assert server.asked == []


def test_a_part_that_fails_ends_the_upload(server, bucket: Bucket) -> None:
    def respond(asked) -> Any:
        return server.refuse(400, "InvalidRequest") if "partNumber=3" in asked.path else bucket.respond(asked)

    server.respond = respond
    uploader = bucket.uploader(100)
    for _ in range(2 * AT_ONCE):
        with pytest.raises(ServerFailed, match="InvalidRequest"):
            uploader.add(OID, "key", BytesIO(DATA))
    assert bucket.objects == {}
    assert bucket.aborted == 2 * AT_ONCE


@pytest.mark.parametrize("part", [2000, 100])
def test_an_object_that_is_there_is_not_written_again(bucket: Bucket, part: int) -> None:
    bucket.objects["/bucket/key"] = bytes(len(DATA))
    bucket.uploader(part).add(OID, "key", BytesIO(DATA))
    assert bucket.objects["/bucket/key"] == bytes(len(DATA))
    assert bucket.conditions == ["*"]


@pytest.mark.parametrize("part", [2000, 100])
def test_an_object_of_another_size_is_replaced(bucket: Bucket, part: int) -> None:
    bucket.objects["/bucket/key"] = DATA[:-1]
    bucket.uploader(part).add(OID, "key", BytesIO(DATA))
    assert bucket.objects["/bucket/key"] == DATA
    assert bucket.conditions == ["*", None]


def test_what_must_not_be_replaced_stays(bucket: Bucket) -> None:
    uploader = bucket.uploader()
    assert uploader.put("key", b"first", replace=False)
    assert not uploader.put("key", b"another size", replace=False)
    assert bucket.objects == {"/bucket/key": b"first"}


def test_a_server_that_knows_no_conditions(server, bucket: Bucket) -> None:
    bucket.refusals = [server.refuse(501, "NotImplemented")] * 2  # the short way, then the client
    uploader = bucket.uploader()
    uploader.add(OID, "key", BytesIO(DATA))
    uploader.add(OID, "other", BytesIO(DATA))
    assert set(bucket.objects) == {"/bucket/key", "/bucket/other"}
    assert bucket.conditions == ["*", "*", None, None]


def test_a_server_that_knows_no_uploads_is_told_as_that(server, bucket: Bucket) -> None:
    bucket.refusals = [server.refuse(501, "NotImplemented")] * 9
    with pytest.raises(NotS3, match="it does not know s3:PutObject"):
        bucket.uploader().add(OID, "key", BytesIO(DATA))
    assert bucket.conditions == ["*", "*", None, None]


def test_somebody_else_writes_at_the_same_moment(server, bucket: Bucket) -> None:
    bucket.refusals = [server.refuse(409, "ConditionalRequestConflict")]
    bucket.uploader().add(OID, "key", BytesIO(DATA))
    assert bucket.objects == {"/bucket/key": DATA}


def test_refusals_end(server, bucket: Bucket) -> None:
    bucket.refusals = [server.refuse(409, "ConditionalRequestConflict")] * 9
    with pytest.raises(ServerFailed, match="refuses each try"):
        bucket.uploader(tries=3).add(OID, "key", BytesIO(DATA))
    assert len(bucket.conditions) == 2 * 3


def test_too_many_parts_are_refused(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pivot_remote.upload.PARTS", 5)
    with pytest.raises(TooLarge):
        bucket.uploader(100).add(OID, "key", BytesIO(DATA))
    assert bucket.objects == {}
    assert bucket.aborted == 1
    bucket.uploader(205).add(OID, "key", BytesIO(DATA))
    assert bucket.objects == {"/bucket/key": DATA}


def test_parts_grow_so_that_ten_thousand_are_enough() -> None:
    sizes = [part_size(number) for number in range(1, PARTS + 1)]
    assert sizes == sorted(sizes)
    assert sizes[0] >= 5 << 20
    assert sizes[-1] == LARGEST_PART
    assert sum(sizes) == SIZE_LIMIT > 490 << 30


@given(st.lists(st.binary(min_size=1, max_size=9)), st.integers(1, 40))
def test_reading_exactly(pieces: list[bytes], size: int) -> None:
    data = b"".join(pieces)

    class Drip(RawIOBase):
        def read(self, size: int = -1) -> bytes:
            if not pieces:
                return b""
            piece = pieces.pop(0)
            if len(piece) > size:
                pieces.insert(0, piece[size:])
            return piece[:size]

    stream = Drip()
    assert read_exactly(stream, size) == data[:size]
    assert read_exactly(stream, len(data) + 1) == data[size:]
