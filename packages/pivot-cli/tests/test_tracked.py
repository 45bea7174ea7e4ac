"""Tracked data in the words of `status`."""

import json
import shutil
from pathlib import Path


def start(pivot):
    """Start the example in this directory, and return the command."""
    assert pivot("init", "--example").code == 0
    return pivot


def test_below_the_stages(pivot) -> None:
    example = start(pivot)
    example("repro")
    for name in ("a.csv", "b.csv"):
        Path(name).write_text("x")
    example("track", "a.csv", "b.csv")
    Path("b.csv").write_text("y")
    words = "pivot track b.csv records it as it is; pivot checkout -f b.csv gives back what was tracked"
    wanted = ["a.csv   unchanged", f"b.csv   changed        {words}"]
    assert example("status").out.splitlines()[-2:] == wanted
    example("repro")
    assert example("status").out.splitlines()[-2:] == wanted  # the short way, too
    assert len(example("status", "--stages-only").out.splitlines()) == 2
    assert len(example("status", "summarize").out.splitlines()) == 1
    rows = json.loads(example("status", "--json").out)["tracked"]
    assert [(row["path"], row["state"]) for row in rows] == [("a.csv", "unchanged"), ("b.csv", "changed")]
    Path("pipeline.py").write_text("raise SystemExit('imported')")
    assert example("status", "--tracked-only").out.splitlines() == wanted
    assert json.loads(example("status", "--tracked-only", "--json").out) == {"tracked": rows}
    assert example("status", "--tracked-only", "--explain").code == 2


def test_nothing_is_tracked(pivot) -> None:
    example = start(pivot)
    example("repro")
    assert example("status", "--tracked-only").out.startswith("Nothing is tracked")


def test_pull_is_named_for_what_is_lost_where_there_is_a_remote(pivot) -> None:
    example = start(pivot)
    Path("a.csv").write_text("x")
    example("track", "a.csv")
    Path("a.csv").unlink()
    shutil.rmtree(".pivot/cache")
    assert example("status", "--tracked-only").out.splitlines() == ["a.csv   lost           not in the cache"]
    example("remote", "add", "team", "file:///nowhere")
    words = "not in the cache; pivot pull a.csv gets it from a remote"
    assert example("status", "--tracked-only").out.splitlines() == [f"a.csv   lost           {words}"]
