"""What is asked of a server over the short way, and what comes back; ``wire`` sends it, ``connection`` knows when."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from pivot_remote.wire import Body

CHECKSUM: Final = "x-amz-checksum-crc32"
"""The header by which a server sees whether a body arrived as it was sent."""


class Question(NamedTuple):
    """A request, and the statuses that are an answer. With ``streamed`` the answer's body is left to be read.

    A ``named`` body is of an object, so that whoever reads it one day compares it with a digest that is its name.
    """

    method: str
    key: str
    query: Mapping[str, str] = {}
    body: bytes = b""
    headers: Mapping[str, str] = {}
    expected: tuple[int, ...] = (200,)
    streamed: bool = False
    named: bool = False


class Answer(NamedTuple):
    """What came back: the status, headers by names in lower case, and the body, read or still to be read."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    stream: "Body | None" = None
