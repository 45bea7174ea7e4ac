"""One line, a place, and a traceback that begins with the user's own frames."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pivot.execute.blame import LONGEST, LONGEST_TEXT, not_imported, place, raised, summary, text


@pytest.fixture
def caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], BaseException]:
    """Run a text as work.py of the project, and return what it raises."""
    monkeypatch.chdir(tmp_path)

    def caught(source: str) -> BaseException:
        file = tmp_path / "work.py"
        file.write_text(source)
        try:
            exec(compile(source, str(file), "exec"), {"__name__": "work"})
        except BaseException as error:
            error.__traceback__ = error.__traceback__.tb_next if error.__traceback__ else None  # this frame
            return error
        raise AssertionError("nothing was raised")

    return caught


def test_the_first_line_with_its_type_is_the_summary() -> None:
    class Odd(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert summary(ValueError("bad row 3\nand more")) == "ValueError: bad row 3"
    assert summary(ValueError()) == "ValueError"
    assert summary(KeyError("x")) == "KeyError: 'x'"
    assert summary(ValueError("x" * 9999)) == "ValueError: " + "x" * LONGEST
    assert "whose message cannot be shown (RuntimeError)" in summary(Odd())


def test_the_innermost_project_frame_is_the_place(caught: Any, tmp_path: Path) -> None:
    error = caught("import json\n\ndef f():\n    json.loads('{')\n\nf()\n")
    assert place(error, str(tmp_path)) == ("work.py", 4)
    assert place(ValueError(), str(tmp_path)) == (None, 0)


def test_a_syntax_error_has_the_place_of_its_text(caught: Any, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("x = 1\ndef f(:\n")
    error = caught(f"compile('x = 1\\ndef f(:', {str(tmp_path / 'broken.py')!r}, 'exec')\n")
    assert place(error, str(tmp_path)) == ("broken.py", 2)


def test_frames_that_lead_to_the_user_and_those_of_imports_are_left_out(
    caught: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pivot.execute.executor import WorkOrder
    from pivot.execute.stage import run
    from pivot.pipeline import Stage
    from pivot.places import Place

    (tmp_path / "module_that_fails.py").write_text("\nraise ValueError('no')\n")
    monkeypatch.syspath_prepend(tmp_path)
    names: dict[str, Any] = {}
    source = "def f():\n    import importlib\n    importlib.import_module('module_that_fails')\n"
    (tmp_path / "work.py").write_text(source)
    exec(compile(source, str(tmp_path / "work.py"), "exec"), names)
    stage = Stage("f", names["f"], {}, {}, False, None, None, None, (), str(tmp_path), "", 1, Place("", 1))
    failure = run(stage, WorkOrder("f", str(tmp_path), "", (), (), None, ""))
    assert failure is not None and failure.traceback is not None
    assert [line for line in failure.traceback.splitlines() if line.startswith("  File")] == [
        '  File "work.py", line 3, in f',
        '  File "module_that_fails.py", line 2, in <module>',
    ]
    assert (failure.file, failure.line) == ("module_that_fails.py", 2)


def test_a_message_of_any_length_is_cut_in_the_middle(caught: Any) -> None:
    shown = text(caught("raise ValueError('x' * 10_000_000 + 'the end')"))
    assert shown.startswith("Traceback") and shown.endswith("the end\n")
    assert len(shown) < LONGEST_TEXT + 100 and "characters left out]" in shown


def test_causes_contexts_notes_and_groups_are_kept(caught: Any) -> None:
    shown = text(
        caught(
            "try:\n    1 / 0\nexcept ZeroDivisionError:\n    error = ValueError('outer')\n    error.add_note('row 3')\n"
            "    raise ExceptionGroup('several', [error, KeyError('k')])\n"
        )
    )
    for part in (
        "ZeroDivisionError",
        "During handling",
        "several (2 sub-exceptions)",
        "ValueError: outer",
        "row 3",
        "KeyError",
    ):
        assert part in shown


def test_a_chain_that_bites_its_tail_ends() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__context__, second.__context__ = second, first
    assert "first" in text(first)


def test_a_loaders_own_frames_are_shown_when_there_are_no_others(tmp_path: Path) -> None:
    from pivot.loaders import JSON

    (tmp_path / "x.json").write_text("{")
    with pytest.raises(ValueError) as caught:
        JSON().load(tmp_path / "x.json")
    caught.value.__traceback__ = caught.value.__traceback__.tb_next if caught.value.__traceback__ else None
    assert "loaders/json.py" in text(caught.value)


@pytest.mark.parametrize(
    ("code", "problem"), [("0", "called sys.exit(0)"), ("'no'", "called sys.exit('no')"), ("", "called sys.exit()")]
)
def test_an_exit_is_not_an_exception_like_others(caught: Any, tmp_path: Path, code: str, problem: str) -> None:
    failure = raised(caught(f"import sys\nsys.exit({code})\n"), str(tmp_path))
    assert failure.kind == "died"
    assert failure.problem == f"{problem} instead of returning"
    assert (failure.file, failure.line) == ("work.py", 2)


def test_what_python_takes_to_be_meant_belongs_to_the_summary(caught: Any) -> None:
    assert summary(caught("import json\njson.load_s\n")).endswith("no attribute 'load_s'. Did you mean: 'loads'?")
    assert summary(caught("def f(:\n")) == "SyntaxError: invalid syntax"


def test_an_import_that_fails_says_each_thing_once(caught: Any, tmp_path: Path) -> None:
    def failed(source: str) -> tuple[str, str | None, int, str | None]:
        error = not_imported(caught(source), str(tmp_path))
        return error.problem, error.file, error.line, error.details

    missing = "ModuleNotFoundError: No module named 'nowhere'"
    assert failed("\nimport nowhere\n") == (f"pipeline.py raised {missing}", "work.py", 2, "    import nowhere")
    hint = not_imported(caught("import nowhere\n"), str(tmp_path)).hint
    assert hint is not None and hint.startswith("install it")
    _, _, _, details = failed("def f():\n    raise ValueError('a\\nb')\nf()\n")
    assert details == (
        '  File "work.py", line 3, in <module>\n    f()\n    ~^^\n'
        "  File \"work.py\", line 2, in f\n    raise ValueError('a\\nb')\nValueError: a\nb"
    )
    _, _, _, details = failed("error = ValueError('a')\nerror.add_note('row 3')\nraise error\n")
    assert details == "    raise error\nValueError: a\nrow 3"
    error = not_imported(ImportError("attempted relative import with no known parent package"), str(tmp_path))
    assert error.hint is not None and error.hint.startswith("pipeline.py belongs to no package")
    problem, _, _, details = failed("import sys\nsys.exit('bye')\n")
    assert problem == "pipeline.py ended the process, with sys.exit('bye'), while it was imported"
    _, _, _, details = failed("try:\n    import nowhere\nexcept ImportError:\n    raise KeyError(1)\n")
    assert details is not None and missing in details and "During handling" in details


def test_a_syntax_error_shows_its_line_with_a_caret_and_who_imported_it(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "work.py").write_text("import broken_module\n")
    (tmp_path / "broken_module.py").write_text("x = 1\nf(:\n")
    (tmp_path / "nothing_but_this.py").write_text("\nf(1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    def details(name: str) -> str | None:
        try:
            exec(f"import {name}")
        except SyntaxError as error:
            error.__traceback__ = error.__traceback__.tb_next if error.__traceback__ else None  # this frame
            error.__traceback__ = error.__traceback__.tb_next if error.__traceback__ else None  # <string>
            return not_imported(error, str(tmp_path)).details
        raise AssertionError("nothing was raised")

    assert details("nothing_but_this") == "    f(1\n     ^"
    assert details("work") == (
        '  File "work.py", line 1, in <module>\n    import broken_module\n'
        '  File "broken_module.py", line 2\n    f(:\n      ^'
    )


def test_frames_of_pivot_that_the_user_called_are_left_out(caught: Any) -> None:
    shown = text(caught("import pivot\npivot.Pipelin\n"))
    assert [line for line in shown.splitlines() if line.startswith("  File")] == [
        '  File "work.py", line 2, in <module>'
    ]
