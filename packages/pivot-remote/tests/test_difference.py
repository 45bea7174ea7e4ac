from pathlib import Path

import pytest

from pivot_cache import Content, LocalStore, MemoryStore, hash_bytes
from pivot_remote import Remote, compare, open_remote, transfer


@pytest.fixture
def cache(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "cache")


def test_nothing_moves_and_all_is_counted(cache: LocalStore, tmp_path: Path) -> None:
    (tmp_path / "data/sub").mkdir(parents=True)
    (tmp_path / "data/a").write_bytes(b"a" * 100)
    (tmp_path / "data/sub/b").write_bytes(b"b" * 10)
    directory = cache.save(tmp_path / "data")
    file = cache.save(tmp_path / "data/a")
    remote = open_remote(Remote((tmp_path / "remote").as_uri()))
    found = compare([directory, file], cache, remote)
    assert (len(found.lacking), found.present, found.unread) == (4, 0, ())
    assert found.bytes > 110 and found.incomplete == (directory, file)
    assert not (tmp_path / "remote").exists()
    transfer([file], cache, remote)
    found = compare([directory, file], cache, remote)
    assert (len(found.lacking), found.present, found.incomplete) == (3, 1, (directory,))
    transfer([directory], cache, remote)
    assert compare([directory, file], cache, remote) == ((), 0, 4, (), ())
    remote.close()


def test_a_listing_that_is_nowhere_makes_its_directory_incomplete() -> None:
    lost = Content("directory", hash_bytes(b"a listing"), 3)
    found = compare([lost], MemoryStore(), MemoryStore())
    assert (found.unread, found.incomplete, found.lacking) == ((lost.digest,), (lost,), ())


def test_an_object_of_another_size_is_lacking() -> None:
    target = MemoryStore()
    oid = target.add_bytes(b"four")
    assert compare([Content("file", oid, 4)], MemoryStore(), target).present == 1
    assert compare([Content("file", oid, 5)], MemoryStore(), target).lacking == (oid,)
