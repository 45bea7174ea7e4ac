"""While somebody listens, questions are heard and answered as ever; afterwards the module os is as it was."""

import inspect
import os
import pickle
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from pivot_fingerprint import questions
from pivot_fingerprint.observe import observe

NAMES = ("stat", "lstat", "access", "readlink")
SUPPORTING = ("supports_dir_fd", "supports_effective_ids", "supports_fd", "supports_follow_symlinks")


class Ear:
    def __init__(self) -> None:
        self.missing: str | None = None
        self.heard: list[tuple[object, int]] = []

    def asked(self, path: object, directory: int | None, mode: int, frame: FrameType) -> None:
        self.heard.append((path, stat.S_IFMT(mode)))


@pytest.fixture
def ear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ear]:
    """Listen in a directory with a file, a link to it, a directory and a link to nothing."""
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("x")
    Path("link").symlink_to("file")
    Path("broken").symlink_to("none")
    Path("dir").mkdir()
    listener = Ear()
    questions.listen(listener)
    yield listener
    questions.leave(listener)
    assert listener.missing is None


def test_everything_is_put_back() -> None:
    before = {name: getattr(os, name) for name in NAMES}
    sets = {name: set(getattr(os, name)) for name in SUPPORTING}
    with observe([]):
        with observe([]):
            during = {name: getattr(os, name) for name in NAMES}
        assert {name: getattr(os, name) for name in NAMES} == during
        for name in SUPPORTING:
            assert {one for one in NAMES if during[one] in getattr(os, name)} == {
                one for one in NAMES if before[one] in sets[name]
            }
    assert all(during[name] is not before[name] for name in NAMES)
    assert {name: getattr(os, name) for name in NAMES} == before
    assert {name: set(getattr(os, name)) for name in SUPPORTING} == sets


def test_functions_look_and_answer_as_before(ear: Ear) -> None:
    real = {"stat": questions.real_stat}
    assert list(inspect.signature(os.stat).parameters) == list(inspect.signature(real["stat"]).parameters)
    assert pickle.loads(pickle.dumps(os.stat)) is os.stat
    assert os.stat("file").st_size == 1
    assert os.stat(b"file").st_size == 1
    assert os.stat(path="link", follow_symlinks=False).st_size == 4
    assert os.lstat("link").st_size == 4
    assert os.access("file", os.R_OK)
    assert not os.access("none", os.F_OK)
    assert os.readlink("link") == "file"
    with open("file") as file:
        assert os.stat(file.fileno()).st_size == 1
    for ask in (os.stat, os.lstat, os.readlink):
        with pytest.raises(FileNotFoundError, match="none"):
            ask("none")
    with pytest.raises(NotADirectoryError):
        os.stat("file/x")
    with pytest.raises(ValueError, match="null"):
        os.stat("a\0b")
    with pytest.raises(TypeError):
        os.stat(1.5)  # the wrong type is the point


@pytest.mark.parametrize(
    ("question", "heard"),
    [
        ("os.path.exists('file')", [("file", stat.S_IFREG)]),
        ("os.path.exists('none')", [("none", 0)]),
        ("os.path.isdir('dir')", [("dir", stat.S_IFDIR)]),
        ("os.path.getsize('link')", [("link", stat.S_IFREG)]),
        ("os.path.islink('link')", [("link", stat.S_IFLNK)]),
        ("os.path.exists('broken')", [("broken", 0)]),
        ("os.path.lexists('broken')", [("broken", stat.S_IFLNK)]),
        ("Path('file').is_file()", [(Path("file"), stat.S_IFREG)]),
        ("Path('file').stat()", [(Path("file"), stat.S_IFREG)]),
        ("os.access('file', os.R_OK)", [("file", stat.S_IFREG)]),
        ("os.access('none', os.R_OK)", [("none", 0)]),
        ("os.readlink('link')", [("link", stat.S_IFLNK)]),
    ],
)
def test_what_is_heard(ear: Ear, question: str, heard: list[tuple[object, int]]) -> None:
    exec(question)
    assert ear.heard == heard


def test_other_threads_are_heard(ear: Ear) -> None:
    thread = threading.Thread(target=os.path.exists, args=["none"])
    thread.start()
    thread.join()
    assert ear.heard == [("none", 0)]


def test_function_that_was_kept_is_silent_afterwards(tmp_path: Path) -> None:
    listener = Ear()
    questions.listen(listener)
    kept = os.stat
    questions.leave(listener)
    assert kept(tmp_path) == os.stat(tmp_path)
    assert listener.heard == []


def test_function_of_somebody_else_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    theirs = lambda path, **_: questions.real_stat(path)  # noqa: E731  # a stand-in that is told by its identity
    monkeypatch.setattr(os, "stat", theirs)
    with observe([str(tmp_path)]) as observation:
        assert os.stat is theirs
    assert os.stat is theirs
    assert observation.observed.missing == ("questions about files: os.stat was replaced by another function",)


def test_trouble_does_not_reach_the_one_who_asks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Ear, "asked", lambda *_: 1 / 0)
    listener = Ear()
    questions.listen(listener)
    try:
        assert not os.path.exists(tmp_path / "none")
    finally:
        questions.leave(listener)
    assert listener.missing == "question: ZeroDivisionError('division by zero')"
