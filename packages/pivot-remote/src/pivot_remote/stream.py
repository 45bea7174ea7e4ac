"""An object of a bucket as a stream that survives cut connections: what is still missing is asked for again.

Only the order and number of the bytes are seen to here; whether they are the right ones is for the reader, who compares
them with the name. Memory is bounded by what one ``read`` asks for.
"""

import io
import time
from collections.abc import Buffer
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol, cast

from pivot_cache import ObjectCorrupt, ObjectId, ObjectMissing
from pivot_remote.connection import Connection
from pivot_remote.errors import NoConnection, ServerFailed
from pivot_remote.failures import Outcome, is_cut
from pivot_remote.question import Question

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

GET = "s3:GetObject"
_BUFFER = 1 << 18
_ELSE = "it answers a question for a part with something else"


def open_object(connection: Connection, key: str, oid: ObjectId, start: int = 0) -> BinaryIO:
    """Return the bytes under the key from one on as a stream; raise ``ObjectMissing``. Reading may raise
    ``RemoteError``."""
    answer = _ask(connection, key, oid, start)
    stream = cast("BinaryIO", io.BufferedReader(ObjectStream(connection, key, answer), _BUFFER))
    left = start - answer.offset  # a server that knows no parts gives all of it
    while left > 0 and (data := stream.read(min(left, _BUFFER))):
        left -= len(data)
    return stream


def _ask(connection: Connection, key: str, oid: ObjectId, start: int) -> "Start":
    span = {"range": f"bytes={start}-"} if start else {}
    expected = (200, 206) if start else (200,)
    quick = connection.quick(Question("GET", key, headers=span, expected=expected, streamed=True))
    if quick and quick.stream:
        size, told = quick.headers.get("content-length", ""), quick.headers.get("content-range", "")
        if told.startswith(_part(start, told)):
            offset = start if told else 0
            end = offset + int(size) if size.isdecimal() else None
            return Start(offset, end, quick.headers.get("etag", ""), quick.stream)
        quick.stream.close()
    client = connection.client
    bucket = connection.location.bucket

    def get() -> "GetObjectOutputTypeDef":
        if start:
            return client.get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-")
        return client.get_object(Bucket=bucket, Key=key)

    answer = connection.probe(GET, get, Outcome.ABSENT, Outcome.NO_SPAN)
    if answer is Outcome.NO_SPAN:
        raise ObjectCorrupt(oid, connection.address)
    if isinstance(answer, Outcome):
        raise ObjectMissing(oid, connection.address)
    told = answer.get("ContentRange", "")
    if not told.startswith(_part(start, told)):
        answer["Body"].close()
        raise ServerFailed(connection.address, GET, _ELSE)
    offset = start if told else 0
    end = None
    if "ContentLength" in answer:
        end = offset + answer["ContentLength"]
    return Start(offset, end, answer.get("ETag", ""), answer["Body"])


def _part(start: int, told: str) -> str:
    """Return how an answer's word for its part has to begin; one that has none is about the whole object."""
    return f"bytes {start}-" if start and told else ""


class Body(Protocol):
    """Bytes as they come from a server."""

    def read(self, size: int) -> bytes: ...

    def close(self) -> None: ...


class Start(NamedTuple):
    """The first answer for an object: where it begins, the object's size in bytes, the tag of this very version, and
    the bytes. Who packs answers anew on the way may tell no size: then the object ends where the answer does."""

    offset: int
    size: int | None
    tag: str
    body: Body


class ObjectStream(io.RawIOBase):
    """The bytes of one answer, and of others that continue it."""

    def __init__(self, connection: Connection, key: str, start: Start) -> None:
        self.size = start.size
        self._connection = connection
        self._key = key
        self._tag = start.tag
        self._body = start.body
        self._offset = start.offset
        self._failures = 0
        self._moved = time.monotonic()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Fill the buffer as far as the network gives; 0 at the end of the object and never before."""
        view = memoryview(buffer).cast("B")
        wanted = len(view) if self.size is None else min(len(view), self.size - self._offset)
        if wanted <= 0:
            return 0
        while True:
            try:
                data = self._body.read(wanted)
            except Exception as error:
                if not is_cut(error):
                    raise
                self._continue(error)
                continue
            if not data:
                if self.size is None:
                    return 0
                self._continue(None)
                continue
            view[: len(data)] = data
            self._offset += len(data)
            self._failures = 0
            self._moved = time.monotonic()
            return len(data)

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()

    def _continue(self, error: Exception | None) -> None:
        """Ask for the rest, after a pause; raise ``NoConnection`` when that was tried often or long enough."""
        connection, limits = self._connection, self._connection.limits
        self._body.close()
        self._failures += 1
        if self._failures >= limits.tries or time.monotonic() - self._moved > limits.patience:
            place = connection.place
            silent = "Timeout" in type(error).__name__
            detail = "it went silent" if silent else "it cut its answer short"
            raise NoConnection(place.address, place.endpoint, detail) from None
        limits.wait(self._failures)
        client, bucket = connection.client, connection.location.bucket
        span = f"bytes={self._offset}-"
        answer = connection.ask(
            GET, lambda: client.get_object(Bucket=bucket, Key=self._key, Range=span, IfMatch=self._tag)
        )
        self._body = answer["Body"]
        if not answer.get("ContentRange", "").startswith(f"bytes {self._offset}-"):
            self._body.close()
            raise ServerFailed(connection.address, GET, _ELSE)
