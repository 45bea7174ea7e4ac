"""What lies in a cache directory, whoever put it there."""

import os
import stat

import pytest

from pivot_cache import DiskError, LocalStore, hash_bytes
from pivot_cache.inventory import inventory, is_file


def kinds(store: LocalStore) -> dict[str, str]:
    return {os.path.relpath(item.path, store.root): item.kind for item in inventory(store.layout)}


def place(oid: str) -> str:
    return f"{oid[:2]}/{oid[2:]}"


def test_there_need_not_be_a_cache(store):
    assert kinds(store) == {}


def test_everything_has_its_kind(store):
    oid = store.add_bytes(b"x")
    key = hash_bytes(b"key")
    store.runs.put(key, b"{}")
    wrong = store.add_bytes(b"y")
    moved = store.quarantine(wrong)
    strange = [f"objects/{oid[:2]}/short", "objects/zz9", "runs/README", "notes.txt", "tmp/file"]
    for name in strange:
        with open(os.path.join(store.root, name), "w"):
            pass
    os.mkdir(os.path.join(store.root, "tmp", "of-a-dead-process"))
    with open(os.path.join(store.root, ".pivot-0123456789abcdef.tmp"), "w"):
        pass
    assert kinds(store) == {
        f"objects/{place(oid)}": "object",
        f"runs/{place(key)}": "run",
        os.path.relpath(moved, store.root): "quarantined",
        "tmp/of-a-dead-process": "leftover",
        ".pivot-0123456789abcdef.tmp": "leftover",
        **dict.fromkeys(strange, "foreign"),
    }


def test_what_is_being_written_is_no_leftover(store):
    store.add_bytes(b"x")
    assert store.layout.temporary()
    assert "leftover" not in kinds(store).values()


def test_what_has_the_name_of_an_object_need_not_be_a_file(store, tmp_path):
    store.add_bytes(b"x")
    names = [hash_bytes(text) for text in (b"fifo", b"link", b"directory")]
    for name in names:
        os.makedirs(os.path.dirname(store.path(name)), exist_ok=True)
    os.mkfifo(store.path(names[0]))
    os.symlink("/etc/passwd", store.path(names[1]))
    os.mkdir(store.path(names[2]))
    found = {item.name: item for item in inventory(store.layout) if item.kind == "object"}
    assert [is_file(found[name]) for name in names] == [False, False, False]
    assert stat.S_ISLNK(found[names[1]].status.st_mode)


def test_links_in_place_of_directories_are_not_followed(store, tmp_path):
    store.add_bytes(b"x")
    outside = tmp_path / "outside" / "ab"
    outside.mkdir(parents=True)
    (outside / ("c" * 62)).write_text("not ours")
    os.symlink(outside.parent, os.path.join(store.root, "runs"))
    os.symlink(outside, os.path.join(store.root, "objects", "ab"))
    found = kinds(store)
    assert (found["runs"], found["objects/ab"]) == ("foreign", "foreign")
    assert not any("c" * 62 in path for path in found)


def test_a_cache_that_cannot_be_listed(store, monkeypatch):
    store.add_bytes(b"x")
    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DiskError):
        list(inventory(store.layout))


def refuse(path: str) -> None:
    raise PermissionError(13, "Permission denied", path)
