"""In which order a run writes and flushes, from a trace of its system calls: a power cut never leaves half a record.

Each rule looks at the trace of a first run of all kinds of stages; ``Disk`` knows what a power cut would leave.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from faults.twenty import STAGES, Twenty, make


class Write(NamedTuple):
    operation: str
    path: str  # relative to .pivot
    target: str | None


class Disk:
    """What survives: the bytes of a file since its last flush, the names in a directory since its."""

    def __init__(self) -> None:
        self.dirty: set[str] = set()  # files with bytes that are not flushed
        self.unnamed: set[str] = set()  # paths whose name is not flushed

    def take(self, write: Write) -> None:
        """Follow one write."""
        match write.operation:
            case "open" | "write" | "pwrite" | "copy_file_range" | "ftruncate":
                self.dirty.add(write.path)
                if write.operation == "open":
                    self.unnamed.add(write.path)
            case "mkdir":
                self.unnamed.add(write.path)
            case "fsync":
                self.dirty.discard(write.path)
                self.unnamed -= {path for path in self.unnamed if os.path.dirname(path) == write.path}
            case "rename" | "replace":
                assert write.target is not None
                if write.path in self.dirty:
                    self.dirty.add(write.target)
                self.dirty.discard(write.path)
                self.unnamed.discard(write.path)
                self.unnamed.add(write.target)

    def holds(self, path: str) -> bool:
        """Return whether a file is there whole after a power cut, with every directory on the way."""
        ways = [path]
        while ways[-1]:
            ways.append(os.path.dirname(ways[-1]))
        return path not in self.dirty and self.unnamed.isdisjoint(ways)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Twenty, list[Write]]:
    project = make(tmp_path_factory.mktemp("order") / "trial")
    return project, list(relative(project, project.trace()))


def relative(project: Twenty, trace: list[list[str | None]]) -> Iterator[Write]:
    home = str(project.path / ".pivot")
    made: set[str] = set()
    for operation, path, target in trace:
        if operation is None or path is None or not path.startswith(home):
            continue
        below = path.removeprefix(home).lstrip("/")
        if operation == "mkdir":
            if below in made:
                continue  # it was there
            made.add(below)
        yield Write(operation, below, target.removeprefix(home).lstrip("/") if target else None)


def path_of(name: str) -> str:
    return f"cache/objects/{name[:2]}/{name[2:]}"


def named_in(project: Twenty, path: str) -> set[str]:
    """The objects that a file below .pivot names."""
    text = (project.path / ".pivot" / path).read_bytes().decode(errors="replace")
    words = {word for word in text.replace('"', " ").split() if len(word) == 64}
    return {word for word in words if (project.path / ".pivot" / path_of(word)).exists()}


def is_directory(project: Twenty, name: str) -> bool:
    return (project.path / ".pivot" / path_of(name)).read_bytes().startswith(b'{"pivot-tree"')


def reached(project: Twenty, path: str) -> set[str]:
    """The objects that a file below .pivot names, and those that these name."""
    named = named_in(project, path)
    return named.union(*(reached(project, path_of(name)) for name in named))


def test_what_a_record_names_is_on_the_disk_before_the_record_is(ran: tuple[Twenty, list[Write]]) -> None:
    """Files before the directories, all objects before the traces and locks that name them, which are flushed as well.

    The directories of one output are flushed together; those inside have their names first.
    """
    project, trace = ran
    disk = Disk()
    named: set[str] = set()
    seen = {"cache/objects": 0, "cache/runs": 0, "stages": 0}
    for write in trace:
        if write.operation in ("rename", "replace") and write.target and not write.target.startswith("cache/format"):
            kind = next((one for one in seen if write.target.startswith(one)), None)
            if kind is not None:
                seen[kind] += 1
                for name in named_in(project, write.target):
                    assert name in named, f"{write.target} has its name before {name}"
                    together = kind == "cache/objects" and is_directory(project, name)
                    assert together or disk.holds(path_of(name)), f"{write.target} is named, {name} not on the disk"
                named.add(write.target.removeprefix("cache/objects/").replace("/", ""))
                if kind != "cache/runs":  # a trace proves itself
                    assert write.path not in disk.dirty, f"{write.target} is named before it is flushed"
        disk.take(write)
    assert seen["stages"] == seen["cache/runs"] == STAGES and seen["cache/objects"] > STAGES


def test_at_the_end_everything_but_what_proves_itself_is_on_the_disk(ran: tuple[Twenty, list[Write]]) -> None:
    project, trace = ran
    disk = Disk()
    for write in trace:
        disk.take(write)
    home = project.path / ".pivot"
    for path in [*home.glob("stages/*"), *home.glob("cache/objects/*/*"), home / "format", home / "cache/format"]:
        assert disk.holds(path.relative_to(home).as_posix()), f"{path} would be lost"


def test_the_temporaries_of_a_stage_are_flushed_together_before_one_has_its_name(
    ran: tuple[Twenty, list[Write]],
) -> None:
    """The flushes come in a row, so that the file system can join them."""
    _, trace = ran
    made = [
        write.operation
        for write in trace
        if write.path.startswith("cache/tmp/") and write.operation in ("open", "fsync", "rename")
    ]
    its_eight_files = "(open ){8,}(fsync ){8,}(rename ){8,}"  # and those of stages that ended close to it
    assert re.search(its_eight_files, " ".join([*made, ""]))


def test_the_state_database_never_knows_what_is_not_recorded(ran: tuple[Twenty, list[Write]]) -> None:
    project, trace = ran
    kept: set[str] = set()
    recorded: set[str] = set()
    commits = 0
    for write in trace:
        if write.operation in ("rename", "replace") and write.target:
            if write.target.startswith("cache/objects/"):
                kept.add(write.target.removeprefix("cache/objects/").replace("/", ""))
            elif write.target.startswith("stages/"):
                recorded |= reached(project, write.target)
        elif write.operation == "commit":
            commits += 1
            assert kept <= recorded, "it was written between the objects of a stage and its lock"
    assert commits and len(kept) > STAGES


def test_on_request_nothing_is_flushed(tmp_path: Path) -> None:
    project = make(tmp_path / "trial")
    project.run("config", "set", "durability", "fast")
    flushed = [write for write in relative(project, project.trace()) if write.operation == "fsync"]
    assert [write for write in flushed if write.path.startswith(("cache/objects", "cache/tmp", "stages"))] == []
    assert json.loads(project.read("score.json"))
