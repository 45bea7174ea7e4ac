"""Objects on their way into a bucket: hashed while they are read, in memory of a bounded size, with checksums.

An object that fits into one part is one request. A larger one is a multipart upload, completed only when all bytes were
seen and match the name; until then, and if anything fails, nothing has the name. Both are conditional
(``If-None-Match: *``) where the server knows that, so that an object that is there is not written again.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from blake3 import blake3

from pivot_cache import ObjectCorrupt, ObjectId, hash_bytes
from pivot_remote.connection import Connection
from pivot_remote.crew import Stopped
from pivot_remote.errors import NoConnection, NotS3, RemoteUnusable, ServerFailed, TooLarge
from pivot_remote.failures import Outcome
from pivot_remote.multipart import PUT, Condition, Multipart, Part, UploadGone, crc_of, is_same
from pivot_remote.question import CHECKSUM, Question
from pivot_remote.room import Room

if TYPE_CHECKING:
    from concurrent.futures import Future

PART: Final = 8 << 20
"""Bytes of the first parts. S3 wants 5 MiB at least and 10,000 parts at most, so later parts are larger."""
LARGEST_PART: Final = 64 << 20
PARTS: Final = 10_000
_GROWTH: Final = 1_000
AT_ONCE: Final = 16
"""Parts in memory and on their way, all uploads of a store together. A server that takes its time with each, or that
lets one wait for others, decides by this how fast a large object is."""
MEMORY: Final = 256 << 20
"""Bytes of all parts in memory: of the largest parts, fewer are on their way at once."""
_STREAM: Final = "what was read for it"


def part_size(number: int, first: int = PART) -> int:
    """Return the size in bytes of a part, counted from 1; it doubles three times, after every 1,000 parts."""
    return min(first << ((number - 1) // _GROWTH), LARGEST_PART)


SIZE_LIMIT: Final = sum(_GROWTH * part_size(number) for number in range(1, PARTS, _GROWTH))
"""The largest object in bytes: about 490 GiB."""


class _Upload(NamedTuple):
    """A multipart upload of the object under a key, and the parts that the server had of it before."""

    key: str
    name: str
    there: Mapping[int, Part]


class Uploader:
    """Puts objects into a bucket. Any number of threads may use it at once.

    ``size_of`` tells the size of what is under a key, None for nothing. Uploads that were left over are looked for
    below ``prefix``. ``part`` is the size of the first parts in bytes.
    """

    def __init__(
        self, connection: Connection, size_of: Callable[[str], int | None], *, prefix: str = "", part: int = PART
    ) -> None:
        self._connection = connection
        self._bucket = connection.location.bucket
        self._size_of = size_of
        self._part = part
        self._conditional = True
        self._room = Room(MEMORY)
        self._multipart = Multipart(connection, prefix)

    def add_from(self, oid: ObjectId, key: str, size: int, open_from: Callable[[int], BinaryIO]) -> None:
        """Like ``add``, with a stream that can be opened again: an upload that ended half is gone on with.

        What the server has of it is compared with what is read, and not sent again. Somebody else may go on with the
        same upload, so that it ends under our hands: if the object of this size is not there by then, all is sent anew.
        """
        if size > SIZE_LIMIT:
            raise TooLarge(self._connection.address, oid, SIZE_LIMIT)
        try:
            with open_from(0) as stream:
                return self._add(oid, key, stream, size, go_on=True)
        except (UploadGone, ServerFailed):
            if self._size_of(key) == size:
                return None
        with open_from(0) as stream:
            return self.add(oid, key, stream)

    def add(self, oid: ObjectId, key: str, stream: BinaryIO) -> None:
        """Put what the stream gives under the key; if it does not match, put nothing and raise ``ObjectCorrupt``."""
        try:
            self._add(oid, key, stream, go_on=False)
        except UploadGone:
            raise ServerFailed(self._connection.address, PUT, "it lost the parts") from None

    def _add(self, oid: ObjectId, key: str, stream: BinaryIO, size: int = 0, *, go_on: bool) -> None:
        large = size >= self._part  # then nothing of it is read before there is room
        first = b"" if large else read_exactly(stream, self._part)
        if large or len(first) == self._part:
            self._add_parts(oid, key, first, stream, go_on=go_on)
        elif hash_bytes(first) == oid:
            self.put(key, first)
        else:
            raise ObjectCorrupt(oid, _STREAM)

    def put(self, key: str, data: bytes, *, replace: bool = True) -> bool:
        """Put the bytes under the key in one request, unless as many are there; say whether they were put.

        Without ``replace``, whatever is there stays, where the server knows conditions.
        """
        checksum = crc_of(data)

        def send(condition: Condition) -> object:
            headers = {CHECKSUM: checksum} | ({"if-none-match": "*"} if condition else {})
            quick = self._connection.quick(Question("PUT", key, body=data, headers=headers, expected=(200, 412)))
            if quick:
                return Outcome.EXISTS if quick.status == 412 else quick
            return self._connection.client.put_object(
                Bucket=self._bucket, Key=key, Body=data, ChecksumCRC32=checksum, **condition
            )

        return self._publish(key, len(data) if replace else None, send)

    def overwrite(self, key: str, data: bytes) -> None:
        """Put the bytes under the key, whatever is there."""
        checksum = crc_of(data)
        headers = {CHECKSUM: checksum}
        if not self._connection.quick(Question("PUT", key, body=data, headers=headers)):
            client = self._connection.client
            self._connection.ask(
                PUT, lambda: client.put_object(Bucket=self._bucket, Key=key, Body=data, ChecksumCRC32=checksum)
            )

    def _add_parts(self, oid: ObjectId, key: str, first: bytes, stream: BinaryIO, *, go_on: bool) -> None:
        left = self._multipart.take_left(key) if go_on else None
        name, there = left or (self._multipart.begin(key), {})
        try:
            parts, size = self._send_parts(oid, _Upload(key, name, there), first, stream)
            ours = self._publish(key, size, partial(self._multipart.complete, key, name, parts))
        except (NoConnection, RemoteUnusable, Stopped, UploadGone):
            raise  # whoever comes next goes on from here, as after an interrupt
        except Exception:
            self._multipart.abort(key, name)
            raise
        if not ours:
            self._multipart.abort(key, name)

    def _send_parts(self, oid: ObjectId, upload: "_Upload", first: bytes, stream: BinaryIO) -> tuple[list[Part], int]:
        """Send all parts, several at once; return them with the size of all, or raise ``ObjectCorrupt``."""
        hasher = blake3()
        size = 0
        sent: list[Future[Part]] = []
        from concurrent.futures import ThreadPoolExecutor  # lazy: only large objects have parts

        with ThreadPoolExecutor(AT_ONCE, "pivot-remote-part") as workers:
            try:
                while data := self._read_part(stream, len(sent) + 1, b"" if sent else first):
                    hasher.update(data)
                    size += len(data)
                    sent.append(workers.submit(self._send_part, upload, len(sent) + 1, data))
                    sent[-1].add_done_callback(partial(self._give_room, len(sent)))
                    for part in sent[-2 * AT_ONCE :]:
                        if part.done():
                            part.result()  # raises what went wrong, before more is read
                    if len(sent) == PARTS and stream.read(1):
                        raise TooLarge(self._connection.address, oid, size)
                if hasher.hexdigest() != oid:
                    raise ObjectCorrupt(oid, _STREAM)
                return [part.result() for part in sent], size
            except BaseException:
                workers.shutdown(wait=False, cancel_futures=True)
                raise

    def _read_part(self, stream: BinaryIO, number: int, begun: bytes) -> bytes:
        """Wait for room, then read the next part, unless it was before; the room is given back if there is none."""
        self._room.take(self._room_for(number))
        data = begun
        try:
            data = begun or read_exactly(stream, part_size(number, self._part))
        finally:
            if not data:
                self._give_room(number)
        return data

    def _room_for(self, number: int) -> int:
        return max(part_size(number, self._part), MEMORY // AT_ONCE)

    def _give_room(self, number: int, _: object = None) -> None:
        self._room.give(self._room_for(number))

    def _send_part(self, upload: "_Upload", number: int, data: bytes) -> Part:
        there = upload.there.get(number)
        if there is not None and is_same(there, data):
            # Some servers tell no checksums of parts, and want them all the same in the end.
            return there._replace(checksum=there.checksum or crc_of(data))
        return self._multipart.send(upload.key, upload.name, number, data)

    def _publish(self, key: str, size: int | None, send: Callable[[Condition], object]) -> bool:
        """Send what gives an object its name; say whether it was this request that did, or another object is there.

        An object of another size than ``size`` in bytes is replaced; none is, if that is None.
        """
        connection, limits = self._connection, self._connection.limits
        condition: Condition = {"IfNoneMatch": "*"} if self._conditional else {}
        for failures in range(1, limits.tries + 1):
            outcome = connection.probe(
                PUT, partial(send, condition), Outcome.EXISTS, Outcome.CONFLICT, Outcome.UNSUPPORTED, Outcome.GONE
            )
            match outcome:
                case Outcome.EXISTS if size is None or self._size_of(key) == size:
                    return False
                case Outcome.EXISTS:
                    condition = {}  # what has the name cannot have its bytes: replace it
                case Outcome.CONFLICT:
                    limits.wait(failures)
                case Outcome.GONE if self._size_of(key) != size:
                    raise UploadGone
                case Outcome.UNSUPPORTED if not condition:
                    raise NotS3(connection.address, connection.place.endpoint, f"it does not know {PUT}")
                case Outcome.UNSUPPORTED:
                    self._conditional = False
                    condition = {}
                case _:
                    return True
        raise ServerFailed(connection.address, PUT, "it refuses each try")


def read_exactly(stream: BinaryIO, size: int) -> bytes:
    """Read so many bytes, fewer only at the end of the stream; streams may give less than they are asked for."""
    data = stream.read(size)
    if len(data) == size or not data:
        return data
    pieces = [data]
    left = size - len(data)
    while left and (data := stream.read(left)):
        pieces.append(data)
        left -= len(data)
    return b"".join(pieces)
