"""A branch from a stranger: records, settings, links and fifos of any kind, and nothing outside the project is touched.

Readers have their own tests; here are whole commands that work from records, on projects that somebody prepared.
"""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pivot.checkout import Options, checkout
from pivot.collect import collect
from pivot.config import read_config
from pivot.errors import ConfigError, PivotError, StorageError
from pivot.fsck import fsck
from pivot.lock import Lock, Output, encode
from pivot.mend import mend
from pivot.project import is_made
from pivot.traces import read_records
from pivot.tracked import encode as encode_tracked
from pivot_cache import CacheError, Content, Runs, TreeEntry, hash_bytes, tree_bytes

NAMES = ["a", "b", "..", ".", "", ".git", ".GIT", "hooks", ".pivot", "link", "up", "file", "fifo", "x" * 256, "-rf"]
PATHS = st.lists(st.sampled_from([*NAMES, "a\nb", "é", "\x1b[31m"]), min_size=1, max_size=4).map("/".join)
PLAIN = st.lists(st.sampled_from(["a", "b", "link", "up", "file", "fifo", "hooks", "-rf", "é"]), min_size=1, max_size=2)
ABSOLUTE = st.sampled_from(["/etc/passwd", "//x", "/", "~/x", "a/../../outside/x"])
SIZES = st.sampled_from([0, 1, 2, 5, 1 << 40, (1 << 63) - 1])
OBJECTS = [b"x", b"", b"../../outside/planted", tree_bytes([])]
TREE = tree_bytes(
    [
        TreeEntry("a", "file", hash_bytes(b"x"), 1),
        TreeEntry("l", "link", hash_bytes(b"../../outside/planted"), 21),
    ]
)
DIGESTS = st.sampled_from([hash_bytes(data) for data in (*OBJECTS, TREE, b"nowhere")])
CONTENTS = st.builds(Content, st.sampled_from(["file", "executable", "link", "directory"]), DIGESTS, SIZES)


def snapshot(*tops: Path) -> dict[str, tuple[int, bytes]]:
    """Return everything below some directories, links not followed."""
    found = {}
    for top in tops:
        for path in (top, *top.rglob("*")):
            status = path.lstat()
            data = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            found[str(path)] = (status.st_mode, data)
    return found


def prepare(project: Any, outside: Path) -> None:
    """Links that lead out, a fifo, a repository, and a cache with something in it."""
    outside.mkdir()
    (outside / "mine").write_text("mine")
    (project.root / ".git" / "hooks").mkdir(parents=True)
    project.write("a/.git/config", "a repository inside")
    (project.root / "link").symlink_to(outside)
    (project.root / "up").symlink_to("..")
    os.mkfifo(project.root / "fifo")
    project.write("file", "by hand")
    with project.open() as workspace:
        for data in (*OBJECTS, TREE):
            workspace.store.add_bytes(data)


@settings(max_examples=30, phases=[Phase.generate])
@given(
    outputs=st.dictionaries(PLAIN.map("/".join), CONTENTS, max_size=3)
    | st.dictionaries(PATHS | ABSOLUTE, CONTENTS, max_size=2),
    tracked=CONTENTS,
    described=st.sets(st.sampled_from(["b", ".", "..", ".git", ".GIT", ".pivot", "a/.git", "a/..", "git~1"])),
    force=st.booleans(),
)
def test_records_lead_nowhere(
    make_kept: Any,
    tmp_path_factory: pytest.TempPathFactory,
    outputs: dict[str, Content],
    tracked: Content,
    described: set[str],
    force: bool,
) -> None:
    top = tmp_path_factory.mktemp("hostile")
    try:
        project, outside = make_kept(top / "project"), top / "outside"
        prepare(project, outside)
        lock = Lock(
            "evil", 1, {}, (), {}, None, {}, {}, {}, {path: Output(one, "out") for path, one in outputs.items()}
        )
        (project.home / "stages").mkdir()
        (project.home / "stages" / "evil.lock").write_bytes(encode(lock))
        for name in described:
            (project.root / f"{name}.pvt").write_bytes(encode_tracked(tracked))
        guarded = [outside, project.root / ".git", project.home / "stages"]
        if not force:  # which may replace what it has kept
            guarded += [project.root / "a", project.root / "file"]
        before = snapshot(*guarded)
        names = sorted(os.listdir(top))
        told: list[str] = []
        with project.open() as workspace:
            for command in (
                lambda: list(checkout(workspace, Options(force=force))),
                lambda: fsck(workspace, "100%"),
                lambda: mend(workspace),
                lambda: collect(workspace, act=True),
            ):
                try:
                    command()
                except (PivotError, CacheError) as error:
                    told.append(str(error))
        assert not any("\n" in problem for problem in told)
        assert snapshot(*guarded) == before
        assert sorted(os.listdir(top)) == names
    finally:
        shutil.rmtree(top)


@pytest.mark.parametrize("name", ["stages", "locks", "logs", "pending", "state.db", "cache"])
def test_a_link_where_pivot_keeps_its_files(kept: Any, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (kept.home / name).symlink_to(outside)
    with pytest.raises(StorageError, match=f"{name} is a symbolic link"):
        kept.open()
    assert list(outside.iterdir()) == []


def test_pivot_itself_is_a_link(kept: Any) -> None:
    moved = kept.home.rename(kept.root.parent / "elsewhere")
    kept.home.symlink_to(moved)
    with pytest.raises(StorageError, match=r"\.pivot is a symbolic link"):
        kept.open()


@pytest.mark.parametrize(
    "what", ["fifo", "link", "large", "dots", "arrays", "tables", "digits", "hex digits", "not text", "directory"]
)
def test_settings_of_a_stranger(kept: Any, what: str) -> None:
    file = kept.home / "config.toml"
    match what:
        case "fifo":
            os.mkfifo(file)
        case "link":
            file.symlink_to("/etc/passwd")
        case "large":
            file.write_bytes(b"#" * 100_000_000)
        case "dots":
            file.write_text(".".join(["a"] * 30_000) + "=1")
        case "arrays":
            file.write_text("a=" + "[" * 60_000)
        case "tables":
            file.write_text("a=" + "{a=" * 20_000)
        case "digits":
            file.write_text("[core]\njobs = " + "9" * 5000)
        case "hex digits":
            file.write_text("[core]\njobs = 0x" + "f" * 5000)
        case "not text":
            file.write_bytes(b"\xff\xfe\x00")
        case "directory":
            file.mkdir()
    with pytest.raises(ConfigError) as caught:
        kept.open()
    assert "\n" not in caught.value.problem
    assert caught.value.file == str(file)


lines = st.lists(
    st.text(st.sampled_from("abcdegirs.=\"[]{},#'\\ \t\n0123_-"), max_size=30)
    | st.sampled_from(["[core]", "jobs = 2", "[cache]", 'dir = "/etc"', "[remotes.x]", "durability = 1"]),
    max_size=6,
)


@given(lines | st.binary(max_size=60))
def test_no_settings_make_a_reader_fail(tmp_path_factory: Any, text: list[str] | bytes) -> None:
    root = tmp_path_factory.getbasetemp() / "settings"
    (root / ".pivot").mkdir(parents=True, exist_ok=True)
    data = text if isinstance(text, bytes) else "\n".join(text).encode()
    (root / ".pivot" / "config.toml").write_bytes(data)
    try:
        config = read_config(root, {"HOME": "/nowhere"})
    except ConfigError:
        return
    assert config.cache(root) == root / ".pivot/cache"


@pytest.mark.parametrize("what", ["fifo", "large", "link", "directory"])
def test_a_format_file_of_a_stranger(kept: Any, what: str) -> None:
    mark = kept.home / "format"
    mark.unlink()
    match what:
        case "fifo":
            os.mkfifo(mark)
        case "large":
            mark.write_bytes(b"1" * 100_000_000)
        case "link":
            mark.symlink_to("/etc/passwd")
        case "directory":
            mark.mkdir()
    with pytest.raises(StorageError):
        is_made(kept.project)


@given(
    st.binary(max_size=100)
    | st.sampled_from([b"[{}]", b"[[]]", b"{}", b"[1]", b"null", b"[" * 2000, b'[{"format":1}]'])
)
def test_no_trace_makes_a_reader_fail(tmp_path_factory: Any, data: bytes) -> None:
    runs = Runs(tmp_path_factory.getbasetemp() / "traces", durable=False)
    runs.put("ab" * 32, data)
    assert read_records(runs, "ab" * 32) == []
