from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_the_work_tree_is_left_alone(example: Callable[..., Any], tmp_path: Path) -> None:
    example("repro")
    example("remote", "add", "disk", (tmp_path / "remote").as_uri())
    example("push")
    kept = sorted(path for path in Path(".pivot/cache/objects").rglob("*") if path.is_file())
    for path in kept:
        path.unlink()
    ended = example("fetch")
    assert (ended.code, ended.err) == (0, "") and f"Fetched {len(kept)} objects" in ended.out
    assert "Files:" not in ended.out and all(path.exists() for path in kept)
