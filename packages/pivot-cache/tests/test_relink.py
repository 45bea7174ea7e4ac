"""From one mode to another: the bytes stay, and only what is ours is touched."""

import os
from pathlib import Path

import pytest

from pivot_cache import Scan, hash_bytes
from pivot_cache.restore import Restore

MODES = ["reflink", "copy", "hardlink", "symlink"]


@pytest.fixture
def content(work, store):
    work.write("saved/a", "1")
    work.write("saved/run", "#!", mode=0o755)
    work.write("saved/sub/b", "2")
    work.link("saved/sub/up", "../a")
    return store.save(work / "saved")


def forms(store, directory: Path) -> set[str]:
    """How the plain files of a directory have their bytes."""
    found = set()
    for path in directory.rglob("*"):
        if path.is_symlink():
            found |= {"symlink"} if "objects" in os.readlink(path) else set()
        elif path.is_file() and path.name != "run":
            found.add("own" if path.stat().st_nlink == 1 else "hardlink")
    return found


@pytest.mark.parametrize("before", MODES)
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_from_every_other(work, store, content, before, mode) -> None:
    store.restore(content, work / "d", mode=before)
    changed, refused = store.relink(content, work / "d", mode)
    wanted = mode if mode in ("hardlink", "symlink") else "own"
    assert forms(store, work / "d") == {wanted}
    assert refused == 0 and changed == (0 if wanted == (before if before in ("hardlink", "symlink") else "own") else 2)
    assert store.relink(content, work / "d", mode) == (0, 0)
    assert Scan().content(work / "d") == content
    assert os.readlink(work / "d/sub/up") == "../a" and os.access(work / "d/run", os.X_OK)
    linked = (work / "d/a").stat()
    assert bool(linked.st_mode & 0o222) == (wanted == "own")


def test_a_file(work, store) -> None:
    work.write("f", "x")
    content = store.save(work / "f")
    assert store.relink(content, work / "f", "hardlink") == (1, 0)
    assert os.path.samefile(work / "f", store.path(content.digest))
    assert store.relink(content, work / "f", "copy") == (1, 0)
    assert not os.path.samefile(work / "f", store.path(content.digest))
    assert (work / "f").read_text() == "x" and os.access(work / "f", os.W_OK)


def test_a_link_of_the_users_stays(work, store) -> None:
    work.write("elsewhere", "x")
    content = store.save(work / "elsewhere")
    (work / "f").symlink_to("elsewhere")
    assert store.relink(content, work / "f", "hardlink") == (0, 0)
    assert os.readlink(work / "f") == "elsewhere"


def test_a_hard_link_to_something_else_is_the_users_own_file(work, store) -> None:
    work.write("f", "x")
    content = store.save(work / "f")
    os.link(work / "f", work / "other name")
    assert store.relink(content, work / "f", "copy") == (0, 0)
    assert os.path.samefile(work / "f", work / "other name")


def test_a_link_to_the_object_of_another_cache_is_brought_home(work, store, tmp_path) -> None:
    work.write("f", "x")
    content = store.save(work / "f")
    moved = tmp_path / "old/objects" / content.digest[:2] / content.digest[2:]
    moved.parent.mkdir(parents=True)
    os.rename(work / "f", moved)
    (work / "f").symlink_to(moved)
    assert store.relink(content, work / "f", "symlink") == (1, 0)
    assert os.readlink(work / "f") == store.path(content.digest)


def test_where_nothing_can_be_linked_the_files_stay_copies(work, store, content, monkeypatch) -> None:
    def refuse(*_: object, **options: object) -> None:
        raise PermissionError(1, "no hard links here")

    written = []
    write = Restore.write
    monkeypatch.setattr(Restore, "write", lambda self, *what: (written.append(what[1]), write(self, *what)))
    monkeypatch.setattr(os, "link", refuse)
    assert store.relink(content, work / "saved", "hardlink") == (0, 2)
    assert len(written) == 1  # it is tried once, not for each
    assert Scan().content(work / "saved") == content and forms(store, work / "saved") == {"own"}


@pytest.mark.parametrize("mode", ["copy", "reflink"])
def test_files_of_their_own_stay_and_no_object_is_asked_for(work, store, mode) -> None:
    for name in ("saved/a", "saved/sub/b", "saved/sub/c"):
        work.write(name, name)
    content = store.save(work / "saved")
    for path in (work / "saved").rglob("[abc]"):
        os.unlink(store.path(hash_bytes(path.read_bytes())))
    assert store.relink(content, work / "saved", mode) == (0, 0)
    assert {path.stat().st_nlink for path in (work / "saved").rglob("[abc]")} == {1}
    store.save(work / "saved")
    (work / "saved/sub/c").unlink()
    os.link(store.path(hash_bytes(b"saved/sub/c")), work / "saved/sub/c")
    assert store.relink(content, work / "saved", mode) == (1, 0)
    assert not os.path.samefile(work / "saved/sub/c", store.path(hash_bytes(b"saved/sub/c")))


def test_a_scan_that_looked_spares_another_look(work, store, monkeypatch) -> None:
    work.write("saved/sub/f", "x")
    content = store.save(work / "saved")
    scan = Scan()
    assert not scan.is_own(work / "saved") and scan.content(work / "saved") == content
    with monkeypatch.context() as patch:
        patch.setattr("pivot_cache.relink.is_unlinked", None)
        assert scan.is_own(work / "saved") and store.relink(content, work / "saved", "copy", scan=scan) == (0, 0)
    scan.forget(work / "saved/sub/f")
    assert not scan.is_own(work / "saved")
    os.link(work / "saved/sub/f", work / "another name")
    assert scan.content(work / "saved") == content and not scan.is_own(work / "saved")
    work.write("links/f", "x")
    work.link("links/l", "f")
    scan.content(work / "links")
    assert not scan.is_own(work / "links")
