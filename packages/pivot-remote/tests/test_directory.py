import errno
import os
import re
from io import BytesIO
from pathlib import Path

import pytest

from pivot_cache import DiskError, LocalStore, ObjectCorrupt, hash_bytes
from pivot_cache.conformance import CHECKS
from pivot_remote import (
    DirectoryClosed,
    DirectoryMissing,
    DirectoryStore,
    InvalidLocation,
    Remote,
    RemoteTooNew,
    TooLarge,
)


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(Remote(f"file://{tmp_path}/remote"))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_conformance(check, store: DirectoryStore) -> None:
    with store:
        check(store)


def test_the_layout_is_that_of_a_cache(tmp_path: Path, store: DirectoryStore) -> None:
    oid = store.add_bytes(b"data")
    assert (tmp_path / "remote" / "format").read_text() == "1\n"
    assert (tmp_path / "remote" / "objects" / oid[:2] / oid[2:]).read_bytes() == b"data"
    assert LocalStore(tmp_path / "remote").read(oid) == b"data"


def test_a_cache_is_a_valid_remote(tmp_path: Path) -> None:
    oid = LocalStore(tmp_path / "cache").add_bytes(b"data")
    assert DirectoryStore(Remote(f"file://{tmp_path}/cache")).read(oid) == b"data"


def test_sizes_of_what_is_there(store: DirectoryStore) -> None:
    there = {store.add_bytes(b"x" * size): size for size in (0, 1, 5000)}
    assert store.sizes([*there, hash_bytes(b"not there")]) == there


def test_what_is_old(tmp_path: Path, store: DirectoryStore) -> None:
    old, new = store.add_bytes(b"old"), store.add_bytes(b"new")
    os.utime(tmp_path / "remote/objects" / old[:2] / old[2:], (1000, 1000))
    assert store.find([old, new, hash_bytes(b"none")], 2000) == ({old: 3, new: 3}, {old})


def test_looking_makes_nothing(tmp_path: Path, store: DirectoryStore) -> None:
    assert store.missing([hash_bytes(b"x")]) == {hash_bytes(b"x")}
    assert not (tmp_path / "remote").exists()


def test_a_disk_that_is_not_there_is_not_an_empty_remote(tmp_path: Path) -> None:
    store = DirectoryStore(Remote(f"file://{tmp_path}/mount/remote"))
    oid = hash_bytes(b"x")
    questions = [
        lambda: store.has(oid),
        lambda: store.missing([oid]),
        lambda: store.sizes([oid]),
        lambda: store.size(oid),
        lambda: list(store.ids()),
        lambda: store.open(oid),
        lambda: store.read(oid),
        lambda: store.add(oid, BytesIO(b"x")),
        lambda: store.add_bytes(b"x"),
    ]
    for ask in questions:
        with pytest.raises(DirectoryMissing, match="mount") as caught:
            ask()
        assert caught.value.path == str(tmp_path / "mount")
    assert not (tmp_path / "mount").exists()


@pytest.mark.parametrize("place", ["", "/format", "/tmp/some", "/partial/some"])
@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_directory_in_which_nothing_may_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: DirectoryStore, place: str, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise DiskError("write", f"{tmp_path}/remote{place}", number)

    for name in ("add", "add_bytes", "add_from"):
        monkeypatch.setattr(LocalStore, name, refuse)
    for keep in (
        lambda: store.add(hash_bytes(b"x"), BytesIO(b"x")),
        lambda: store.add_bytes(b"x"),
        lambda: store.add_from(hash_bytes(b"x"), 1, lambda _: BytesIO(b"x")),
    ):
        with pytest.raises(DirectoryClosed, match=re.escape(f"{store.address}: cannot write {tmp_path}/remote{place}")):
            keep()


@pytest.mark.parametrize(
    ("place", "number"),
    [("remote/objects/ab", errno.EACCES), ("remote/tmp/some", errno.ENOSPC), ("remote-2/tmp", errno.EACCES)],
)
def test_what_the_disk_refuses_to_single_objects_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: DirectoryStore, place: str, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise DiskError("write", f"{tmp_path}/{place}", number)

    monkeypatch.setattr(LocalStore, "add", refuse)
    with pytest.raises(DiskError):
        store.add(hash_bytes(b"x"), BytesIO(b"x"))


def damage(tmp_path: Path, oid: str, data: bytes) -> Path:
    path = tmp_path / "remote" / "objects" / oid[:2] / oid[2:]
    path.unlink()
    path.write_bytes(data)
    return path


def test_damaged_bytes_are_not_given_and_stay_where_they_are(tmp_path: Path, store: DirectoryStore) -> None:
    oid = store.add_bytes(b"right")
    path = damage(tmp_path, oid, b"wrong")
    with pytest.raises(ObjectCorrupt) as caught:
        store.read(oid)
    assert caught.value.id == oid
    assert path.read_bytes() == b"wrong"


def test_what_is_too_large_for_memory_is_not_read(monkeypatch: pytest.MonkeyPatch, store: DirectoryStore) -> None:
    monkeypatch.setattr("pivot_remote.directory.READ_LIMIT", 10)
    assert store.read(store.add_bytes(b"0123456789"))
    oid = store.add_bytes(b"0123456789a")
    with pytest.raises(TooLarge, match="more than 10 bytes"):
        store.read(oid)


def test_a_link_out_of_the_remote_is_not_followed(tmp_path: Path, store: DirectoryStore) -> None:
    oid = store.add_bytes(b"secret")
    path = damage(tmp_path, oid, b"")
    path.unlink()
    (tmp_path / "elsewhere").write_bytes(b"secret")
    path.symlink_to(tmp_path / "elsewhere")
    assert not store.has(oid)
    with pytest.raises(ObjectCorrupt):
        store.open(oid).close()


def test_a_newer_remote_is_refused(tmp_path: Path) -> None:
    (tmp_path / "format").write_text("2\n")
    with pytest.raises(RemoteTooNew, match="format 2") as caught:
        DirectoryStore(Remote(f"file://{tmp_path}"))
    assert caught.value.found == "2"


@pytest.mark.parametrize("what", ["file", "link to nothing"])
def test_something_else_in_the_place_of_the_directory(tmp_path: Path, store: DirectoryStore, what: str) -> None:
    place = tmp_path / "remote"
    place.write_text("a file") if what == "file" else place.symlink_to("nowhere")
    with pytest.raises(DirectoryMissing, match="something else stands there"):
        store.has(hash_bytes(b"x"))
    with pytest.raises(DirectoryMissing):
        store.add_bytes(b"x")
    assert place.read_text() == "a file" if what == "file" else place.is_symlink()


def test_the_directory_may_be_made_while_it_is_looked_for(
    tmp_path: Path, store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    lexists = os.path.lexists

    def make_first(path: str) -> bool:
        os.makedirs(path, exist_ok=True)
        return lexists(path)

    monkeypatch.setattr(os.path, "lexists", make_first)
    assert not store.has(hash_bytes(b"x"))


def test_a_bucket_is_no_directory() -> None:
    with pytest.raises(InvalidLocation, match="no directory"):
        DirectoryStore(Remote("s3://bucket"))
