import fcntl
import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pivot_cache import LocalStore, ObjectCorrupt, hash_bytes
from pivot_cache.inventory import inventory

DATA = bytes(range(256)) * 5000
OID = hash_bytes(DATA)
OTHER = bytes(255 - byte for byte in DATA)


class Source:
    """Gives bytes from one on; ``starts`` notes where it was asked to begin. It breaks after so many bytes."""

    def __init__(self, data: bytes = DATA, breaks: int | None = None) -> None:
        self.data = data
        self.breaks = breaks
        self.starts: list[int] = []

    def __call__(self, start: int) -> Any:
        self.starts.append(start)
        return Stream(self.data[start:], self.breaks)


class Stream(BytesIO):
    def __init__(self, data: bytes, breaks: int | None) -> None:
        super().__init__(data)
        self.breaks = breaks

    def read(self, size: int | None = -1) -> bytes:
        if self.breaks is not None and self.tell() >= self.breaks:
            raise ConnectionResetError("in the middle")
        return super().read(min(size or 0, 1000))


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with_store = LocalStore(tmp_path / "cache")
    yield with_store
    with_store.close()


@pytest.fixture
def partial(store: LocalStore) -> Callable[[bytes], Path]:
    """Write a partial as a process that is gone left it."""

    def write(data: bytes) -> Path:
        path = Path(store.layout.partial) / OID
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    return write


def left(store: LocalStore) -> list[str]:
    try:
        return os.listdir(store.layout.partial)
    except FileNotFoundError:
        return []


def test_what_arrived_before_an_error_is_not_asked_for_again(store: LocalStore) -> None:
    breaking = Source(breaks=5000)
    with pytest.raises(ConnectionResetError):
        store.add_from(OID, len(DATA), breaking)
    assert not store.has(OID) and left(store) == [OID]
    source = Source()
    store.add_from(OID, len(DATA), source)
    assert source.starts == [5000]
    assert store.read(OID) == DATA and left(store) == []
    assert os.stat(store.path(OID)).st_mode & 0o777 == 0o444


@pytest.mark.parametrize("wrong", [OTHER[:7000], DATA[:100] + b"x", OTHER, DATA + b"more"], ids=len)
def test_a_wrong_partial_is_thrown_away_and_all_of_it_fetched(store: LocalStore, partial: Any, wrong: bytes) -> None:
    partial(wrong)
    source = Source()
    store.add_from(OID, len(DATA), source)
    assert source.starts[-1] == 0 and len(source.starts) <= 2
    assert store.read(OID) == DATA and left(store) == []


def test_a_partial_that_is_whole_needs_nothing_more(store: LocalStore, partial: Any) -> None:
    partial(DATA)
    source = Source()
    store.add_from(OID, len(DATA), source)
    assert source.starts == [] and store.read(OID) == DATA


@pytest.mark.parametrize("there", [0, 3000])
def test_wrong_bytes_get_no_name(store: LocalStore, partial: Any, there: int) -> None:
    partial(DATA[:there])
    source = Source(OTHER)
    with pytest.raises(ObjectCorrupt):
        store.add_from(OID, len(DATA), source)
    assert len(source.starts) == (2 if there else 1)
    assert not store.has(OID) and left(store) == []


def test_an_empty_object(store: LocalStore) -> None:
    store.add_from(hash_bytes(b""), 0, Source(b""))
    assert store.read(hash_bytes(b"")) == b""


@settings(max_examples=25)
@given(st.binary(max_size=40), st.binary(max_size=60))
def test_whatever_a_partial_holds(tmp_path_factory: Any, data: bytes, there: bytes) -> None:
    store = LocalStore(tmp_path_factory.mktemp("any") / "cache", durable=False)
    oid = hash_bytes(data)
    os.makedirs(store.layout.partial)
    (Path(store.layout.partial) / oid).write_bytes(there)
    store.add_from(oid, len(data), Source(data))
    assert store.read(oid) == data and left(store) == []
    store.close()


def test_two_at_once_are_in_no_ones_way(store: LocalStore, partial: Any) -> None:
    path = partial(DATA[:3000])
    with path.open("r+b") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        source = Source()
        store.add_from(OID, len(DATA), source)
        store.remove_partials()
        assert source.starts == [0] and store.read(OID) == DATA
        assert path.read_bytes() == DATA[:3000]
        assert [item.kind for item in inventory(store.layout)] == ["object"]


def make_link(path: Path, aside: Path) -> None:
    path.symlink_to(aside)


def make_second_name(path: Path, aside: Path) -> None:
    os.link(aside, path)


def make_fifo(path: Path, _: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("make", [make_link, make_second_name, make_fifo])
def test_what_another_account_may_have_put_there_is_not_written_to(
    store: LocalStore, partial: Any, tmp_path: Path, make: Any
) -> None:
    aside = tmp_path / "aside"
    aside.write_bytes(b"somebody's")
    path = partial(b"")
    path.unlink()
    make(path, aside)
    store.add_from(OID, len(DATA), Source())
    assert store.read(OID) == DATA
    assert aside.read_bytes() == b"somebody's"


def test_what_nobody_goes_on_with_is_removed(store: LocalStore, partial: Any) -> None:
    old, young = partial(b"old"), Path(store.layout.partial) / hash_bytes(b"young")
    old.rename(old := old.with_name(hash_bytes(b"old")))
    young.write_bytes(b"young")
    week_ago = old.stat().st_mtime - 8 * 86_400
    os.utime(old, (week_ago, week_ago))
    assert [item.kind for item in inventory(store.layout)] == ["leftover"] * 2
    store.add_from(OID, len(DATA), Source())
    assert left(store) == [young.name]
    store.remove_partials()
    assert left(store) == []
