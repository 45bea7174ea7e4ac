"""Running one stage in this process: what the function gets, what becomes of its value, each way to be wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pivot.declare import Dep, Metric, Out
from pivot.errors import MissingLibrary
from pivot.execute.executor import Failure, WorkOrder
from pivot.execute.stage import run
from pivot.loaders import CSV, JSON, PathOnly, Text
from pivot.pipeline import Stage
from pivot.places import Place

type Run = Callable[..., Failure | None]


@pytest.fixture
def execute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a function as a stage with the directory ``work`` of the project as its own."""
    directory = tmp_path / "work"
    directory.mkdir()
    monkeypatch.chdir(directory)

    def execute(
        function: Callable[..., Any],
        *,
        deps: dict[str, Dep] | None = None,
        outs: dict[str, Any] | None = None,
        settle: Callable[[], None] = lambda: None,
    ) -> Failure | None:
        absolute = {key: out._replace(path=f"{directory}/{out.path}") for key, out in (outs or {}).items()}
        read = {key: dep._replace(path=f"{directory}/{dep.path}") for key, dep in (deps or {}).items()}
        file = str(tmp_path / "work" / "pipeline.py")
        single = list(absolute) == [""]
        stage = Stage(
            "s", function, read, absolute, single, None, None, None, (), str(directory), file, 7, Place(file, 9)
        )
        return run(stage, WorkOrder("s", str(tmp_path), file, (), (), None, ""), settle)

    return execute


def test_paths_are_handed_over_as_they_were_declared(execute: Run, tmp_path: Path) -> None:
    (tmp_path / "above.txt").write_text("above")
    seen: list[Path] = []

    class Saver:
        def save(self, value: object, path: Path) -> None:
            seen.append(path)
            path.write_text("")

    deps = {"a": Dep("../above.txt"), "b": Dep("here.txt"), "c": Dep("dir/")}
    Path("here.txt").touch()
    Path("dir").mkdir()
    outs = {"x": Out("deep/x", Saver()), "y": Out("../y", Saver())}
    assert execute(lambda a, b, c: seen.extend((a, b, c)) or {"x": 1, "y": 2}, deps=deps, outs=outs) is None
    assert [str(path) for path in seen] == ["../above.txt", "here.txt", "dir", "deep/x", "../y"]


def test_a_single_output_is_the_value_itself_even_a_dict(execute: Run) -> None:
    assert execute(lambda: {"a": 1}, outs={"": Out("x.json", JSON())}) is None
    assert json.loads(Path("x.json").read_text()) == {"a": 1}


def test_without_outputs_the_value_does_not_matter(execute: Run) -> None:
    assert execute(lambda: 5) is None


def test_directories_are_there_before_the_function_runs(execute: Run) -> None:
    def write() -> dict[str, Path]:
        Path("a/b/file").write_text("1")
        Path("parts/one").write_text("2")
        return {"file": Path("a/b/file"), "parts": Path("parts")}

    assert execute(write, outs={"file": Out("a/b/file"), "parts": Out("parts/")}) is None


def test_an_empty_directory_is_an_output(execute: Run) -> None:
    assert execute(lambda: Path("empty/"), outs={"": Out("empty/")}) is None
    assert Path("empty").is_dir()


def test_the_path_that_is_returned_may_be_absolute_or_a_str(execute: Run) -> None:
    def write() -> dict[str, Any]:
        Path("x").touch()
        Path("y").touch()
        return {"x": Path("x").absolute(), "y": "./y"}

    assert execute(write, outs={"x": Out("x"), "y": Out("y")}) is None


def test_outputs_are_checked_after_what_may_still_write_them(execute: Run) -> None:
    assert execute(lambda: None, outs={"parts": Out("late/", Nothing())}, settle=lambda: None) is not None
    outs = {"": Out("late.txt", Nothing())}
    assert execute(lambda: None, outs=outs, settle=lambda: Path("late.txt").touch()) is None


class Nothing:
    """Saves nothing."""

    def save(self, value: object, path: Path) -> None: ...


class Broken:
    """Fails in the way that it was told."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def load(self, path: Path) -> object:
        raise self.error

    def save(self, value: object, path: Path) -> None:
        raise self.error


def made(**outs: Any) -> dict[str, Any]:
    return {"outs": outs}


AS_WELL = "return it as well, or take it out of the return annotation"
CANNOT_WRITE = "return what it can write, or declare another loader"
WRITE = 'write it, and return its path: pathlib.Path("c")'
NOT_THERE = "write it, or take it out of the declaration"
WRONG = [
    (
        lambda: {"clean": 1, "other": 2},
        made(clean=Out("c", JSON())),
        (
            "other",
            "the key 'other' was returned, but is not declared",
            "declare it in the return annotation, or do not return it",
        ),
    ),
    (
        lambda: {"clean": 1, "staats": 2},
        made(clean=Out("c", JSON()), stats=Metric("s")),
        ("staats", "the key 'staats' was returned, but is not declared", "did you mean stats?"),
    ),
    (
        lambda: {"clean": 1},
        made(clean=Out("c", JSON()), stats=Metric("s")),
        ("stats", "the declared key 'stats' was not returned", f"{AS_WELL}; returned: clean"),
    ),
    (
        lambda: [1],
        made(clean=Out("c", JSON()), stats=Metric("s")),
        (
            "return",
            "a dict with the keys clean, stats was declared, but a value of type list was returned",
            'return {"clean": ..., "stats": ...}',
        ),
    ),
    (
        lambda: {"clean": {1, 2}},
        made(clean=Out("c.json", JSON())),
        ("clean", "loaders.JSON cannot write c.json: JSON cannot hold a value of type set", CANNOT_WRITE),
    ),
    (
        lambda: {"clean": "other"},
        made(clean=Out("c")),
        ("clean", "the path c was declared, but the value is other", WRITE),
    ),
    (lambda: {"clean": "c"}, made(clean=Out("c")), ("clean", "c was returned, but not written", WRITE)),
    (
        lambda: {"clean": 3},
        made(clean=Out("c")),
        ("clean", "the path c was declared, but the value is of type int", WRITE),
    ),
    (lambda: {"clean": 3}, made(clean=Out("c", Nothing())), ("clean", "the output c was not written", NOT_THERE)),
    (
        lambda: Path("c").symlink_to("gone") or {"clean": "c"},
        made(clean=Out("c")),
        ("clean", "the output c is a link to gone, where nothing is", NOT_THERE),
    ),
    (
        lambda: Path("d").mkdir() or {"clean": "d"},
        made(clean=Out("d")),
        ("clean", "the output d is declared as a file but is a directory", 'declare "d/"'),
    ),
    (
        lambda: Path("e").rmdir() or Path("e").touch() or {"clean": "e"},
        made(clean=Out("e/")),
        ("clean", "the output e/ is declared as a directory but is a file", 'declare "e"'),
    ),
    (
        lambda: {"clean": 3},
        made(clean=Out("c", Broken(MissingLibrary("it needs pandas", hint="install it")))),
        ("clean", "it needs pandas", "install it"),
    ),
    (
        lambda raw: None,
        {"deps": {"raw": Dep("gone.json", JSON())}},
        ("raw", "the input gone.json does not exist", "it was there before; run again"),
    ),
]


@pytest.mark.parametrize(("function", "declared", "expected"), WRONG, ids=[expected[1] for *_, expected in WRONG])
def test_what_does_not_match_the_declaration_is_told_with_its_argument(
    execute: Run, function: Any, declared: dict[str, Any], expected: tuple[str, str, str | None]
) -> None:
    failure = execute(function, **declared)
    assert failure is not None and failure.kind == "declaration"
    assert (failure.argument, failure.problem, failure.hint) == expected


def test_an_output_that_somebody_removes_once_it_is_written_is_not_the_stages_fault(
    execute: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = JSON.save
    monkeypatch.setattr(JSON, "save", lambda loader, *given: (save(loader, *given), Path("c.json").unlink()))
    failure = execute(lambda: {"clean": 1}, **made(clean=Out("c.json", JSON())))
    assert failure is not None and failure.kind == "changed"
    assert failure.problem == "the output c.json was removed while the stage was running"


def test_an_input_that_cannot_be_read_names_loader_file_and_the_parsers_word(execute: Run) -> None:
    Path("raw.json").write_text("{]")
    failure = execute(lambda raw: None, deps={"raw": Dep("raw.json", JSON())})
    assert failure is not None and failure.kind == "declaration" and failure.argument == "raw"
    assert failure.problem.startswith("loaders.JSON cannot read raw.json: Expecting property name")
    assert failure.file is not None and failure.line > 0


def test_a_loader_of_ones_own_is_shown_with_its_traceback(execute: Run, tmp_path: Path) -> None:
    source = tmp_path / "mine.py"
    source.write_text("class Mine:\n    def load(self, path):\n        return path.read_text()[99]\n")
    names: dict[str, Any] = {}
    exec(compile(source.read_text(), str(source), "exec"), names)
    Path("raw").write_text("")
    failure = execute(lambda raw: None, deps={"raw": Dep("raw", names["Mine"]())})
    assert failure is not None and failure.kind == "declaration"
    assert failure.problem == "Mine cannot read raw: string index out of range"
    assert failure.traceback is not None and f'File "{source}", line 3, in load' in failure.traceback


def test_trouble_with_the_disk_is_no_wrong_declaration(execute: Run) -> None:
    full = OSError(28, "No space left on device")
    failure = execute(lambda: 1, outs={"": Out("x", Broken(full))})
    assert failure is not None and failure.kind == "raised" and "No space left on device" in failure.problem


@pytest.mark.parametrize("error", [SystemExit(0), KeyboardInterrupt()], ids=repr)
def test_nothing_escapes_not_even_from_a_loader(execute: Run, error: BaseException) -> None:
    Path("raw").touch()
    failure = execute(lambda raw: None, deps={"raw": Dep("raw", Broken(error))})
    assert failure is not None and failure.kind in ("raised", "died")


def test_an_exit_in_the_function_is_a_failure(execute: Run) -> None:
    def leave() -> None:
        raise SystemExit

    failure = execute(leave)
    assert failure is not None
    assert (failure.kind, failure.problem) == ("died", "called sys.exit() instead of returning")


def test_the_built_in_loaders_work_together(execute: Run) -> None:
    pandas = pytest.importorskip("pandas")
    Path("table.csv").write_text("a,b\n1,2\n")
    outs = {"text": Out("t.txt", Text()), "table": Out("t.csv", CSV()), "path": Out("p", PathOnly())}

    def work(table: Any) -> dict[str, Any]:
        Path("p").touch()
        return {"text": "t", "table": pandas.concat([table, table]), "path": Path("p")}

    assert execute(work, deps={"table": Dep("table.csv", CSV())}, outs=outs) is None
    assert Path("t.csv").read_text() == "a,b\n1,2\n1,2\n"
