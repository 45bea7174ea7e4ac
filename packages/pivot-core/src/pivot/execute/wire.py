"""How the processes of one run talk: frames over pipes, JSON inside.

Used on both sides: by ``local`` in the coordinator, by ``host``, and by ``child`` for the one message that a stage
sends. Plain ``json`` rather than orjson: it keeps NaN and names that are not valid UTF-8, and the host starts 15 ms
sooner.
"""

import json
import os
import struct
from collections import deque
from collections.abc import Iterator
from typing import Any

from pivot.execute.executor import Failure
from pivot_fingerprint import Entry, ImportRead, Observed
from pivot_fingerprint.named import NamedTuple

# From the coordinator to the host.
COMPILE, SETUP, ORDER, CANCEL = b"A", b"S", b"O", b"C"
# From the host to the coordinator.
READY, BROKEN, BEGAN, TEXT, ENDED = b"R", b"X", b"B", b"T", b"E"
# Why the host ended a task, if it did.
ITSELF, CANCELLED, TIMED_OUT, NOT_STARTED = b" ", b"C", b"T", b"N"

CHUNK = 1 << 16
_MOST_CHUNKS = 16  # at a time: who sends faster than we work does not fill our memory
_HEADER = struct.Struct("!IcI")  # length of the payload in bytes, kind, number of the order (0: none)
_MESSAGE = struct.Struct("!I")
_ENDING = struct.Struct("!icd")

_DUMPS, _LOADS = json.dumps, json.loads  # as they are before the user's code, which may replace them


class Frame(NamedTuple):
    """One message: its kind, the number of the order that it is about, and its bytes."""

    kind: bytes
    order: int
    payload: bytes


class Setup(NamedTuple):
    """What the host needs to know before the first order."""

    pipeline: str
    root: str
    preload: tuple[str, ...]
    start_method: str  # fork, spawn or auto


class Ending(NamedTuple):
    """How the process of a task ended: what ``waitpid`` said, why the host ended it, seconds since it began.

    On the wire the report follows, or for one that was not started the reason why, as JSON.
    """

    status: int
    why: bytes
    seconds: float

    def pack(self, rest: bytes | bytearray = b"") -> bytes:
        """Return the payload of an ``ENDED`` frame."""
        return _ENDING.pack(*self) + rest

    @staticmethod
    def unpack(payload: bytes) -> "tuple[Ending, bytes]":
        """Return the ending and what followed it."""
        return Ending(*_ENDING.unpack_from(payload)), payload[_ENDING.size :]


class Report(NamedTuple):
    """The one message of a stage's process.

    ``sources`` are the project source files, compiled for it, that the host has not told of: (absolute path, digest).
    """

    failure: Failure | None
    seconds: float
    observed: Observed = Observed()
    sources: tuple[tuple[str, str], ...] = ()


class Closed(Exception):
    """The other side is gone."""


class Channel:
    """A pipe in and a pipe out that never block: what cannot be sent yet waits, ``pending`` bytes of it."""

    def __init__(self, reader: int, writer: int) -> None:
        self.reader = reader
        self.writer = writer
        self.pending = 0
        self._out: deque[memoryview] = deque()
        self._in = bytearray()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)

    def send(self, kind: bytes, order: int, payload: bytes = b"") -> None:
        """Send a frame, or as much of it as the pipe takes now. Raises Closed."""
        self._out.append(memoryview(_HEADER.pack(len(payload), kind, order) + payload))
        self.pending += _HEADER.size + len(payload)
        self.flush()

    def flush(self) -> None:
        """Send what waits, as much as the pipe takes. Raises Closed."""
        while self._out:
            try:
                sent = os.write(self.writer, self._out[0])
            except BlockingIOError:
                return
            except OSError as error:
                raise Closed from error
            self.pending -= sent
            if sent == len(self._out[0]):
                self._out.popleft()
            else:
                self._out[0] = self._out[0][sent:]

    def finish(self) -> None:
        """Send what waits, however long it takes. Raises Closed."""
        os.set_blocking(self.writer, True)
        self.flush()

    def receive(self) -> Iterator[Frame]:
        """Yield the frames that have arrived; of a flood some, the next call more. Raises Closed after the last one."""
        closed = False
        for _ in range(_MOST_CHUNKS):
            try:
                data = os.read(self.reader, CHUNK)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            closed = not data
            self._in += data
            if len(data) < CHUNK:
                break
        yield from self._frames()
        if closed:
            raise Closed

    def close(self) -> None:
        """Close both pipes; the other side sees the end."""
        os.close(self.reader)
        os.close(self.writer)

    def _frames(self) -> Iterator[Frame]:
        at = 0
        try:
            while len(self._in) - at >= _HEADER.size:
                size, kind, order = _HEADER.unpack_from(self._in, at)
                end = at + _HEADER.size + size
                if len(self._in) < end:
                    return
                payload = bytes(self._in[at + _HEADER.size : end])
                at = end
                yield Frame(kind, order, payload)
        finally:
            del self._in[:at]


def pack(value: Any) -> bytes:
    """Return JSON data as bytes."""
    return _DUMPS(value, separators=(",", ":")).encode()


def unpack(data: bytes) -> Any:
    """Return the JSON data that ``pack`` wrote."""
    return _LOADS(data)


def write_report(descriptor: int, report: Report) -> None:
    """Send a report, its length first, so that a part of it is never taken for the whole."""
    body = pack(report)
    data = memoryview(_MESSAGE.pack(len(body)) + body)
    while data:
        data = data[os.write(descriptor, data) :]


def read_report(data: bytes) -> Report | None:
    """Return the report that ``write_report`` sent, None if it was cut short."""
    if len(data) < _MESSAGE.size or len(data) != _MESSAGE.size + _MESSAGE.unpack_from(data)[0]:
        return None
    failure, seconds, observed, sources = unpack(data[_MESSAGE.size :])
    seen = Observed(*_frozen(observed))
    seen = seen._replace(
        functions=tuple(Entry(*one) for one in seen.functions), imports=tuple(ImportRead(*one) for one in seen.imports)
    )
    return Report(Failure(*failure) if failure else None, seconds, seen, _frozen(sources))


def _frozen(value: Any) -> Any:
    """Return JSON data with its arrays as tuples, all the way down."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
