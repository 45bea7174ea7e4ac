from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot_cache import ObjectId, hash_bytes
from pivot_remote import Entry, RunIndex
from pivot_remote.files import DirectoryFiles, RemoteFiles

SECRET = "a-key-that-the-team-shares"
KEY, OTHER = hash_bytes(b"key"), hash_bytes(b"other")


class Shelf:
    """Files in memory; ``asked`` notes what was asked for."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []

    def beginning(self, stems: Iterable[str]) -> list[str]:
        self.asked.append("names")
        wanted = set(stems)
        return sorted(name for name in self.files if name.partition(".")[0] in wanted)

    def entries(self, folder: str) -> Iterator[Entry]:
        raise NotImplementedError

    def read(self, name: str) -> bytes | None:
        self.asked.append(name)
        return self.files.get(name)

    def write(self, name: str, data: bytes) -> None:
        self.files[name] = data

    def remove(self, names: Iterable[str]) -> dict[str, str]:
        raise NotImplementedError


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def test_what_was_sent_is_found(shelf: Shelf) -> None:
    index = RunIndex(shelf, SECRET)
    assert index.send([(KEY, b"one"), (KEY, b"two"), (OTHER, b"three")]) == 3
    found = RunIndex(shelf, SECRET).find([KEY])
    assert set(found.records[KEY]) == {b"one", b"two"} and found.ignored == 0 and found.records.keys() == {KEY}
    assert all(name.startswith("runs/") and name.count("/") == 2 for name in shelf.files)


def test_nothing_is_sent_twice(shelf: Shelf) -> None:
    index = RunIndex(shelf, SECRET)
    index.send([(KEY, b"one")])
    shelf.asked.clear()
    assert index.send([(KEY, b"one")]) == 0
    assert shelf.asked == ["names"]


@pytest.mark.parametrize("secret", ["another-key-than-theirs", None])
def test_without_the_key_all_is_ignored(shelf: Shelf, secret: str | None) -> None:
    RunIndex(shelf, SECRET).send([(KEY, b"one")])
    found = RunIndex(shelf, secret).find([KEY])
    assert (dict(found.records), found.ignored) == ({}, 1)
    if secret is None:
        assert RunIndex(shelf, None).send([(KEY, b"one")]) == 0 and len(shelf.files) == 1


@given(at=st.integers(0, 200), bit=st.integers(0, 7))
def test_one_changed_bit_is_enough(at: int, bit: int) -> None:
    shelf = Shelf()
    RunIndex(shelf, SECRET).send([(KEY, b"what came out")])
    ((name, data),) = shelf.files.items()
    changed = bytearray(data)
    changed[at % len(data)] ^= 1 << bit
    shelf.files[name] = bytes(changed)
    found = RunIndex(shelf, SECRET).find([KEY])
    assert (dict(found.records), found.ignored) == ({}, 1)


def test_a_record_counts_for_its_own_run_only(shelf: Shelf) -> None:
    index = RunIndex(shelf, SECRET)
    index.send([(KEY, b"one")])
    ((name, data),) = shelf.files.items()
    shelf.files = {name.replace(f"{KEY[:2]}/{KEY[2:]}", f"{OTHER[:2]}/{OTHER[2:]}"): data}
    assert index.find([OTHER]) == ({}, 1)


def test_a_record_of_a_cache_that_was_copied_is_ignored(shelf: Shelf) -> None:
    shelf.files[f"runs/{KEY[:2]}/{KEY[2:]}"] = b"pivot-run 1 " + hash_bytes(b"[]").encode() + b"\n[]"
    assert RunIndex(shelf, SECRET).find([KEY]) == ({}, 1)


def test_a_flood_of_records_is_not_read(shelf: Shelf) -> None:
    shelf.files = {f"runs/{KEY[:2]}/{KEY[2:]}.{number:016x}": b"x" for number in range(1000)}
    assert RunIndex(shelf, SECRET).find([KEY]) == ({}, 1000)
    assert len(shelf.asked) <= 65


def test_it_is_a_shelf_like_others(tmp_path: Path) -> None:
    files: RemoteFiles = DirectoryFiles(str(tmp_path))
    assert RunIndex(files, SECRET).send([(ObjectId(KEY), b"one")]) == 1
    assert RunIndex(files, SECRET).find([KEY]).records == {KEY: (b"one",)}
