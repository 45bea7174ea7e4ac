"""Whatever a record could mean by an object is a root; what cannot be read is an error."""

import os
from typing import Any

import pytest

from pivot.errors import StorageError
from pivot.roots import digests_in, git_roots, work_tree_roots
from pivot_cache import hash_bytes

ONE, TWO, THREE = (hash_bytes(text) for text in (b"1", b"2", b"3"))


def test_digests_in_whatever_text() -> None:
    torn = f'<<<<<<< HEAD\n"digest": "{ONE}"\n=======\n"digest":"{TWO}"\n>>>>>>>\n{THREE}0 {THREE[:-1]} {"A" * 64}'
    assert digests_in(torn.encode()) == {ONE, TWO}


def test_locks_pending_records_tracked_data_and_links(kept: Any) -> None:
    kept.write(".pivot/stages/sub/train.lock", ONE)
    kept.write(".pivot/pending/train", TWO)
    kept.write("deep/er/raw.csv.pvt", THREE)
    four, five = hash_bytes(b"4"), hash_bytes(b"5")
    os.symlink(f"/cache/objects/{four[:2]}/{four[2:]}", kept.root / "deep" / "linked")
    kept.write(".pivot/logs/train.log", five)
    kept.write("poetry.lock", five)
    kept.write(".git/x.pvt", five)
    kept.write("notes.txt", five)
    os.symlink("/elsewhere", kept.root / "link")
    assert work_tree_roots(kept.root) == {ONE, TWO, THREE, four}
    assert git_roots(kept.root.parent) == set()


def test_a_project_inside_counts(kept: Any) -> None:
    kept.write("inner/.pivot/stages/train.lock", ONE)
    assert work_tree_roots(kept.root) == {ONE}


@pytest.mark.parametrize("fault", ["link", "huge", "directory that refuses"])
def test_doubt_is_an_error(kept: Any, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    match fault:
        case "link":
            os.symlink("/etc/passwd", kept.write(".pivot/stages/a", "").parent / "train.lock")
            assert work_tree_roots(kept.root) == set()  # a link leads elsewhere, and is no record
            return
        case "huge":
            os.truncate(kept.write("raw.pvt", ""), 17 << 20)
        case _:

            def refuse(path: object) -> None:
                raise PermissionError(13, "Permission denied")

            monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(StorageError):
        work_tree_roots(kept.root)
