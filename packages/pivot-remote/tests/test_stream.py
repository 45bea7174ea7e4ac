import re
from io import BufferedReader
from typing import Any

import pytest

from pivot_cache import ObjectMissing, hash_bytes
from pivot_remote import NoConnection, S3Location, ServerFailed
from pivot_remote.connection import Connection
from pivot_remote.stream import open_object

DATA = bytes(range(256)) * 300
OID = hash_bytes(DATA)


def serve(server, data: bytes, *cuts: int | None):
    """An object in a server that closes the connection after so many bytes, once for each cut."""
    left = list(cuts)

    def respond(asked) -> Any:
        start = 0
        headers = [("ETag", '"tag"')]
        if span := asked.headers.get("Range"):
            found = re.fullmatch(r"bytes=(\d+)-", span)
            assert found
            assert asked.headers["If-Match"] == '"tag"'
            start = int(found[1])
            headers.append(("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}"))
        return server.give(206 if start else 200, data[start:], *headers, cut=left.pop(0) if left else None)

    server.respond = respond


def open_data(server, **limits: Any):
    connection = Connection(server.remote, S3Location("bucket", ""), server.limits._replace(**limits))
    return open_object(connection, "key", OID)


@pytest.mark.parametrize("size", [-1, 1000, 100_000])
@pytest.mark.parametrize("cuts", [(), (1,), (1000, 1, 50_000), (len(DATA) - 1,)], ids=str)
def test_cut_connections_are_continued(server, cuts: tuple[int, ...], size: int) -> None:
    serve(server, DATA, *cuts)
    pieces = []
    with open_data(server) as stream:
        while piece := stream.read(size):
            pieces.append(piece)
    assert b"".join(pieces) == DATA
    assert len(server.asked) == 1 + len(cuts)


@pytest.mark.parametrize("knows", ["parts", "parts, and says 200", "no parts"])
def test_from_a_byte_on(server, knows: str) -> None:
    start = 70_000

    def respond(asked) -> Any:
        if knows == "no parts":
            return server.give(200, DATA, ("ETag", '"tag"'))
        assert asked.headers["Range"] == f"bytes={start}-"
        span = ("Content-Range", f"bytes {start}-{len(DATA) - 1}/{len(DATA)}")
        return server.give(206 if knows == "parts" else 200, DATA[start:], ("ETag", '"tag"'), span)

    server.respond = respond
    connection = Connection(server.remote, S3Location("bucket", ""), server.limits)
    with open_object(connection, "key", OID, start) as stream:
        assert stream.read() == DATA[start:]
    assert len(server.asked) == 1


def test_another_part_than_was_asked_for(server) -> None:
    span = ("Content-Range", f"bytes 7-{len(DATA) - 1}/{len(DATA)}")
    server.respond = lambda asked: server.give(206, DATA[7:], ("ETag", '"tag"'), span)
    connection = Connection(server.remote, S3Location("bucket", ""), server.limits)
    with pytest.raises(ServerFailed, match="with something else"):
        open_object(connection, "key", OID, 70_000)


def in_chunks(data: bytes) -> bytes:
    pieces = [data[start : start + 10_000] for start in range(0, len(data), 10_000)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


@pytest.mark.parametrize("data", [DATA, b"x", b""], ids=len)
def test_what_comes_in_chunks_without_a_size(server, data: bytes) -> None:
    """As from a proxy that packs answers anew."""
    server.respond = lambda asked: server.give(200, in_chunks(data), ("Transfer-Encoding", "chunked"))
    with open_data(server) as stream:
        assert stream.read() == data
    assert len(server.asked) == 1


def test_what_comes_in_chunks_and_is_cut_is_continued(server) -> None:
    def respond(asked) -> Any:
        if span := asked.headers.get("Range"):
            start = int(span.removeprefix("bytes=").removesuffix("-"))
            told = ("Content-Range", f"bytes {start}-{len(DATA) - 1}/{len(DATA)}")
            return server.give(206, in_chunks(DATA[start:]), ("Transfer-Encoding", "chunked"), told)
        return server.give(200, in_chunks(DATA), ("Transfer-Encoding", "chunked"), ("ETag", '"tag"'), cut=25_000)

    server.respond = respond
    with open_data(server) as stream:
        assert stream.read() == DATA


def test_an_empty_object(server) -> None:
    serve(server, b"")
    with open_data(server) as stream:
        assert stream.read() == b""


def test_an_object_that_is_not_there(server) -> None:
    server.respond = lambda asked: server.refuse(404, "NoSuchKey")
    with pytest.raises(ObjectMissing) as caught:
        open_data(server)
    assert caught.value.id == OID


def test_a_server_that_never_gets_on(server) -> None:
    serve(server, DATA, 1000, *[0] * 10)
    with open_data(server, tries=4) as stream, pytest.raises(NoConnection, match="no connection to http://127"):
        stream.read()
    assert len(server.asked) == 4


def test_progress_gives_new_tries(server) -> None:
    serve(server, DATA, *[10] * 8)
    with open_data(server, tries=2) as stream:
        assert stream.read() == DATA


def test_patience_ends(server) -> None:
    serve(server, DATA, 1000, 0)
    with open_data(server, tries=9, patience=-1) as stream, pytest.raises(NoConnection):
        stream.read()
    assert len(server.asked) == 1


def test_a_server_that_does_not_know_parts(server) -> None:
    server.respond = lambda asked: server.give(200, DATA, ("ETag", '"tag"'), cut=1000)
    with open_data(server) as stream, pytest.raises(ServerFailed, match="with something else"):
        stream.read()


def test_a_part_of_another_place(server) -> None:
    def respond(asked) -> Any:
        headers = [("ETag", '"tag"'), ("Content-Range", f"bytes 7-{len(DATA) - 1}/{len(DATA)}")]
        return server.give(206 if "Range" in asked.headers else 200, DATA, *headers, cut=1000)

    server.respond = respond
    with open_data(server) as stream, pytest.raises(ServerFailed, match="with something else"):
        stream.read()


def test_reading_a_little_reads_no_more_than_a_buffer(server) -> None:
    serve(server, DATA)
    with open_data(server) as stream:
        assert isinstance(stream, BufferedReader)
        assert stream.read(10) == DATA[:10]
        assert not stream.raw.closed
    assert stream.raw.closed
