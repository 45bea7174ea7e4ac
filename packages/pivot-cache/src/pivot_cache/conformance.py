"""The checks that every ``Store`` has to pass, for any test runner: each is a function that takes an empty store.

An implementation joins by running them all, as the tests of this package do for its own two::

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_conformance(check, store):
        check(store)

A check raises ``AssertionError`` with what it saw. What a store does with bytes that went bad inside it depends on
where it keeps them, and is tested with each.
"""

import threading
from collections.abc import Callable
from functools import partial
from io import BytesIO, RawIOBase
from typing import Final

from pivot_cache.content import ObjectId
from pivot_cache.errors import CacheError, InvalidName, ObjectCorrupt, ObjectMissing
from pivot_cache.hashing import hash_bytes
from pivot_cache.store import Store

type Check = Callable[[Store], None]

_ABSENT: Final = hash_bytes(b"an object that no store in these checks has")
_NO_NAMES: Final = ("", "ab", "A" * 64, "g" * 64, "0" * 63, "0" * 65, "../" + "0" * 61, "0" * 63 + "\n", "٠" * 64)


def is_empty_at_first(store: Store) -> None:
    """A store without objects has none, and says so in every way."""
    assert list(store.ids()) == []
    assert not store.has(_ABSENT)
    assert store.missing([_ABSENT]) == {_ABSENT}
    assert store.missing([]) == set()
    assert store.sizes([_ABSENT]) == {}


def says_what_is_missing(store: Store) -> None:
    """Asking for an object that is not there raises ``ObjectMissing`` with its name."""
    for question in (store.size, store.open, store.read):
        error = _raised(ObjectMissing, partial(question, _ABSENT))
        assert error.id == _ABSENT, error.id


def keeps_bytes(store: Store) -> None:
    """What is put in comes out, under the name that BLAKE3 gives."""
    for data in (b"", b"\0", b"text\n", bytes(range(256)) * 40, b"large" * 500_000):
        oid = store.add_bytes(data)
        assert oid == hash_bytes(data), oid
        assert store.has(oid)
        assert store.missing([oid, _ABSENT]) == {_ABSENT}
        assert store.size(oid) == len(data)
        assert store.read(oid) == data
        for start in {0, len(data) // 2}:
            with store.open(oid, start) as stream:
                assert stream.read() == data[start:]


def lists_its_objects(store: Store) -> None:
    """``ids`` yields each object once."""
    added = {store.add_bytes(b"%d" % number) for number in range(40)}
    found = list(store.ids())
    assert len(found) == len(added), found
    assert set(found) == added


def adds_twice(store: Store) -> None:
    """The same bytes again change nothing."""
    data = b"twice"
    oid = store.add_bytes(data)
    assert store.add_bytes(data) == oid
    store.add(oid, BytesIO(data))
    assert store.read(oid) == data
    assert list(store.ids()) == [oid]


def adds_a_stream(store: Store) -> None:
    """A stream is kept under its name, however few bytes it gives at once."""
    for data in (b"", b"s", b"stream" * 200_000):
        oid = hash_bytes(data)
        store.add(oid, BytesIO(data))
        assert store.read(oid) == data
    slow = b"one byte at a time"
    store.add(hash_bytes(slow), _Slow(slow))  # type: ignore[arg-type]  # a raw stream has all that is needed
    assert store.read(hash_bytes(slow)) == slow


def refuses_other_bytes(store: Store) -> None:
    """A stream that does not match its name leaves nothing behind, and does not harm what is there."""
    wanted = hash_bytes(b"wanted")
    for wrong in (b"", b"wante", b"wanted ", b"WANTED"):
        error = _raised(ObjectCorrupt, partial(store.add, wanted, BytesIO(wrong)))
        assert error.id == wanted, error.id
        assert not store.has(wanted)
    assert list(store.ids()) == []
    assert store.add_bytes(b"wanted") == wanted
    _raised(ObjectCorrupt, partial(store.add, wanted, BytesIO(b"wrong")))
    assert store.read(wanted) == b"wanted"


def survives_a_broken_stream(store: Store) -> None:
    """The error of a stream that breaks off passes through, and nothing is kept."""
    oid = hash_bytes(b"all of it")
    try:
        store.add(oid, _Broken(b"all of"))  # type: ignore[arg-type]  # a raw stream has all that is needed
    except ConnectionResetError:
        pass
    else:
        raise AssertionError("the stream's error was swallowed")
    assert not store.has(oid)
    store.add(oid, BytesIO(b"all of it"))
    assert store.read(oid) == b"all of it"


def reads_in_pieces(store: Store) -> None:
    """An opened object can be read a piece at a time, and two readers do not disturb each other."""
    data = bytes(range(256)) * 2000
    oid = store.add_bytes(data)
    with store.open(oid) as one, store.open(oid) as other:
        assert one.read(10) == data[:10]
        assert other.read(300) == data[:300]
        assert one.read(100_000) == data[10:100_010]
        assert one.read() == data[100_010:]
        assert one.read() == b""


def answers_in_bulk(store: Store) -> None:
    """``missing`` and ``sizes`` take more names than one request of any protocol can hold, and any iterable."""
    there = [store.add_bytes(b"there %d" % number) for number in range(30)]
    not_there = {hash_bytes(b"not there %d" % number) for number in range(1100)}
    assert store.missing(iter([*there, *not_there])) == not_there
    assert store.missing(there) == set()
    assert store.sizes(iter([*there, *not_there])) == {oid: store.size(oid) for oid in there}


def refuses_bad_names(store: Store) -> None:
    """A text that is no name of an object is refused before it reaches a path or a URL."""
    for text in _NO_NAMES:
        name = ObjectId(text)
        for question in (store.has, store.size, store.open, store.read):
            _raised(InvalidName, partial(question, name))
        _raised(InvalidName, partial(store.missing, [name]))
        _raised(InvalidName, partial(store.sizes, [name]))
        _raised(InvalidName, partial(store.add, name, BytesIO(b"")))
    assert list(store.ids()) == []


def takes_many_hands(store: Store) -> None:
    """Several threads may add and read at once, the same objects too."""
    data = [b"%d" % number * 1000 for number in range(25)]
    problems: list[Exception] = []

    def work() -> None:
        try:
            for each in data:
                oid = store.add_bytes(each)
                store.add(oid, BytesIO(each))
                assert store.read(oid) == each
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems, problems
    assert set(store.ids()) == {hash_bytes(each) for each in data}


CHECKS: Final[tuple[Check, ...]] = (
    is_empty_at_first,
    says_what_is_missing,
    keeps_bytes,
    lists_its_objects,
    adds_twice,
    adds_a_stream,
    refuses_other_bytes,
    survives_a_broken_stream,
    reads_in_pieces,
    answers_in_bulk,
    refuses_bad_names,
    takes_many_hands,
)
"""All checks. Each wants a fresh, empty store."""


def _raised[E: CacheError](kind: type[E], call: Callable[[], object]) -> E:
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


class _Slow(RawIOBase):
    """A stream that gives one byte a call, as a slow connection may."""

    def __init__(self, data: bytes) -> None:
        self._rest = data

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        first, self._rest = self._rest[:1], self._rest[1:]
        return first


class _Broken(_Slow):
    """A stream that breaks off at its end."""

    def read(self, size: int = -1) -> bytes:
        first = super().read(size)
        if not first:
            raise ConnectionResetError("connection reset by peer")
        return first
