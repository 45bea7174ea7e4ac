"""Data between work tree, cache and git: tracking, committing later, checking out, getting what was."""

import os
import shutil
from pathlib import Path

import pytest

from workbench import Project

ODD = ["with space", "ünï – 1", "-dash", "#hash", "a[1]*?", "quote'\"", "x" * 251]
STAGE = """
import os
import pathlib
from typing import Annotated

import pivot

OUT = pivot.Out({out!r}, pivot.loaders.PathOnly())


def make(raw: Annotated[pathlib.Path, pivot.Dep({dep!r}, pivot.loaders.PathOnly())]) -> Annotated[pathlib.Path, OUT]:
    out = pathlib.Path({out!r})
{body}
    return out


pipeline = pivot.Pipeline("odd")
pipeline.register(make)
"""


def write_stage(project: Project, dep: str, out: str, body: str = "out.write_bytes(raw.read_bytes())") -> None:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    project.write({"pipeline.py": STAGE.format(dep=dep, out=out, body=lines)})


def git(project: Project, *words: str) -> str:
    name = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "init.defaultBranch=main")
    return project.execute("git", *name, *words).stdout


# Commit later --------------------------------------------------------------------------------------------------------


def test_results_wait_in_the_work_tree_until_they_are_committed(two_stages) -> None:
    two_stages.run("repro", "--no-commit")
    assert two_stages.ran() == ["preprocess", "summarize"]
    assert "pivot commit would record" in two_stages.run("status").stdout
    two_stages.edit("totals.py", "sum(", "max(")
    refused = two_stages.run("commit", code=1)
    assert "summarize   refused" in refused.stderr and "func:total changed" in refused.stderr
    two_stages.edit("totals.py", "max(", "sum(")
    assert two_stages.run("commit").stdout == "✓ summarize   recorded\n"
    assert "up to date" in two_stages.run("repro").stdout and two_stages.ran() == []


# Tracked data --------------------------------------------------------------------------------------------------------


def test_what_the_cache_has_need_not_be_made_again(two_stages) -> None:
    """The records and the objects are there, but no traces, as after `pivot fetch` in a fresh clone."""
    two_stages.run("repro")
    shutil.rmtree(two_stages.path / ".pivot/cache/runs")
    for name in ("clean.json", "summary.json"):
        (two_stages.path / name).unlink()
    two_stages.edit("totals.py", "sum(", "max(")
    two_stages.ran()
    assert "2 of 2 stages would run" in two_stages.run("repro", "-n").stdout
    assert "1 of 2 stages would run" in two_stages.run("repro", "-n", "--checkout-missing").stdout
    assert not two_stages.exists("clean.json")
    outcome = two_stages.run("repro", "--checkout-missing")
    assert two_stages.ran() == ["summarize"] and "↺ clean.json" in outcome.stdout, outcome


def test_a_clone_gets_tracked_data_from_the_shared_cache(two_stages) -> None:
    cache = {"PIVOT_CACHE_DIR": str(two_stages.path.parent / "cache")}
    two_stages.run("track", "data.json", env=cache)
    git(two_stages, "init", "-q")
    git(two_stages, "add", ".")
    git(two_stages, "commit", "-q", "-m", "pipeline")
    assert "data.json\n" not in git(two_stages, "ls-files")
    clone = two_stages.path.parent / "clone"
    git(two_stages, "clone", "-q", str(two_stages.path), str(clone))
    two_stages.path = clone
    assert "missing" in two_stages.run("status", "--tracked-only", env=cache).stdout
    outcome = two_stages.run("repro", env=cache)
    assert "data.json was missing and is given back" in outcome.text
    assert two_stages.ran() == ["preprocess", "summarize"] and two_stages.exists("data.json")
    two_stages.write({"data.json": '{"records": [], "by": "hand"}'})
    outcome = two_stages.run("repro", env=cache)
    assert "pivot track data.json records it" in outcome.text and two_stages.ran() == ["preprocess", "summarize"]
    assert "data.json   changed" in two_stages.run("status", env=cache).stdout


def test_odd_names_go_every_way(project) -> None:
    write_stage(project, "in/0", "0", 'pathlib.Path(f"made {raw.name}"[:255]).write_bytes(raw.read_bytes())')
    project.edit("pipeline.py", "    return out\n", '    return pathlib.Path(f"made {raw.name}"[:255])\n')
    pairs = {f"in/{name}": f"made {name}"[:255] for name in ODD}
    longest = {"y" * 255: "made " + "y" * 250}  # too long to be tracked, not to be read
    register = f"""
for number, (dep, out) in enumerate({pairs | longest!r}.items()):
    pipeline.register(make, name=f"make@{{number}}", deps={{"raw": dep}}, outs=out)
"""
    project.edit("pipeline.py", "pipeline.register(make)\n", register)
    project.write(dict.fromkeys((*pairs, *longest), "1"))
    git(project, "init", "-q")
    project.run("track", "--", *ODD, cwd="in")
    assert "name of" in project.run("track", *longest, code=2).stderr
    project.run("repro")
    assert "up to date" in project.run("repro").stdout
    git(project, "add", ".")
    listed = {name for name in git(project, "ls-files", "-z").split("\0") if name and name[0] != "."}
    assert listed == {"pipeline.py", "in/.gitignore", *longest, *(f"{name}.pvt" for name in pairs)}
    git(project, "commit", "-q", "-m", "one")
    project.write(dict.fromkeys(pairs, "2"))
    project.run("track", *pairs)
    project.run("repro", "--no-commit")
    project.run("commit")
    for place in (*pairs, *pairs.values()):
        assert project.read(place) == "2"
        (project.path / place).unlink()
    assert "14 restored, 1 already right" in project.run("checkout").stdout
    project.run("get", "--rev", "HEAD", "-o", "../old/", "--", *ODD, cwd="in")
    project.run("get", "--rev", "HEAD", "-o", "-old", *pairs.values())
    assert [project.read(f"old/{name}") for name in ODD] == ["1"] * 7
    assert [project.read(f"-old/{name}") for name in pairs.values()] == ["1"] * 7
    assert all(project.read(name) == "2" for name in (*pairs, *pairs.values()))
    project.run("fsck")


def test_a_directory_holds_any_names_and_links_that_stay_inside(project) -> None:
    body = """
for name in (b"a\\nb", b"-x", b"\\xff", b"y" * 255, "\u00e9".encode(), "e\u0301".encode()):
    (out / os.fsdecode(name)).write_bytes(name)
(out / "sub").mkdir()
(out / "sub/up").symlink_to("../-x")
"""
    write_stage(project, "keep", "many/", body.strip())
    project.write({"keep": ""})
    project.run("repro")
    many = project.path / "many"
    before = contents(many)
    assert len(before) == 7
    for mode in ("hardlink", "symlink", "copy"):
        project.run("checkout", "--checkout-mode", mode)
        shutil.rmtree(many)
        project.run("checkout", "--checkout-mode", mode)
        assert contents(many) == before and os.readlink(many / "sub/up") == "../-x"
        assert "up to date" in project.run("repro").stdout
    project.edit("pipeline.py", '"../-x"', '"../../keep"')
    refused = project.run("repro", code=1)
    assert "points to ../../keep, out of the directory that is kept" in refused.stderr
    (many / "sub/up").unlink()
    os.mkfifo(many / "pipe")
    assert "many/pipe is a named pipe" in project.run("checkout", "-f", code=4).stderr


def contents(directory: Path) -> dict[bytes, bytes]:
    return {os.fsencode(path): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_a_declared_name_with_a_line_break_is_refused(project) -> None:
    write_stage(project, "keep", "two\nlines")
    project.write({"keep": ""})
    assert "has a character that no line of a record can hold" in project.run("repro", code=3).stderr
    project.write({"a\nb": ""})
    assert "has a character" in project.run("track", "a\nb", code=2).stderr


# Links into the cache ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["hardlink", "symlink"])
def test_a_stage_never_writes_through_a_link_into_the_cache(project, mode: str) -> None:
    project.write({"raw": "1"})
    write_stage(project, "raw", "out.txt")
    project.run("config", "set", "cache.checkout_mode", mode)
    project.run("repro")
    assert "1 relinked" in project.run("checkout").stdout
    out = project.path / "out.txt"
    assert not out.stat().st_mode & 0o222
    (object_of_1,) = [path for path in objects(project) if path.read_text() == "1" and not path.is_symlink()]
    project.write({"raw": "2"})
    project.run("repro")
    assert (out.read_text(), object_of_1.read_text()) == ("2", "1")
    project.write({"raw": "1"})
    project.run("repro")  # given back, as a link
    assert os.path.samefile(out, object_of_1)
    shutil.rmtree(project.path / ".pivot/cache/objects")
    assert "pivot repro make" in project.run("checkout", code=4).stderr if mode == "symlink" else True
    project.run("repro", "-f")  # of a symbolic link that leads nowhere, too
    assert not out.is_symlink() and out.read_text() == "1"
    assert [path.stat().st_mode & 0o777 for path in objects(project)] == [0o444]


def test_a_metric_is_never_a_link_since_git_keeps_it(project) -> None:
    project.write({"raw": "1"})
    write_stage(project, "raw", "out.txt")
    project.edit("pipeline.py", "pivot.Out('out.txt'", "pivot.Metric('out.txt'")
    project.run("config", "set", "cache.checkout_mode", "symlink")
    project.run("repro")
    out = project.path / "out.txt"
    for words in (["repro"], ["checkout", "--checkout-mode", "hardlink"], ["checkout"]):
        out.unlink()
        project.run(*words)
        assert not out.is_symlink() and out.stat().st_nlink == 1 and out.stat().st_mode & 0o200
    assert "1 already right" in project.run("checkout").stdout


def test_an_object_that_was_edited_in_place_is_noticed(project) -> None:
    project.write({"raw": "1"})
    write_stage(project, "raw", "out.txt")
    project.run("repro")
    project.run("checkout", "--checkout-mode", "hardlink")
    out = project.path / "out.txt"
    out.chmod(0o644)
    with out.open("r+") as file:
        file.write("X")
    assert "out.txt is not as recorded" in project.run("status").stdout
    outcome = project.run("repro")
    assert out.read_text() == "1" and "make" in outcome.stdout
    assert "up to date" in project.run("repro").stdout
    project.run("fsck", "--read-data")


def objects(project: Project) -> list[Path]:
    return [path for path in (project.path / ".pivot/cache/objects").rglob("*") if path.is_file()]


# What was ------------------------------------------------------------------------------------------------------------


def test_what_another_revision_had_comes_without_checking_it_out(two_stages) -> None:
    git(two_stages, "init", "-q")
    two_stages.run("repro")
    git(two_stages, "add", ".")
    git(two_stages, "commit", "-q", "-m", "sum")
    two_stages.edit("totals.py", "sum(", "max(")
    two_stages.run("repro")
    two_stages.run("get", "summary.json", "--rev", "HEAD", "-o", "old.json")
    assert (two_stages.read("old.json"), two_stages.read("summary.json")) == ('{"total": 3}', '{"total": 2}')
    two_stages.write({"summary.json": "by hand"})
    assert "is left as it is" in two_stages.run("get", "summary.json", "--rev", "HEAD", code=4).stderr
    outcome = two_stages.run("get", "-f", "summary.json", "--rev", "HEAD")
    (kept,) = [word for word in outcome.stdout.split() if ".pivot/cache/objects/" in word]
    two_stages.run("get", kept, "-o", "mine")
    assert (two_stages.read("mine"), two_stages.read("summary.json")) == ("by hand", '{"total": 3}')
