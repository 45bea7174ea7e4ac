from pathlib import Path

from pivot.execute.executor import Failure
from pivot_cli.failure import describe_failure, last_lines

FAILURE = Failure(
    "raised",
    "ValueError: no such column",
    file="stages.py",
    line=12,
    hint="look at the data",
    traceback="Traceback (most recent call last):\n  …\nValueError: no such column\n",
)


def test_all_that_is_known(tmp_path: Path) -> None:
    log = tmp_path / ".pivot" / "logs" / "train.log"
    log.parent.mkdir(parents=True)
    log.write_text("".join(f"line {number}\n" for number in range(30)))
    told = list(describe_failure(FAILURE._replace(argument="raw"), str(log), tmp_path))
    assert told[:7] == [
        "ValueError: no such column",
        "Argument: raw",
        "Hint: look at the data",
        "Traceback (most recent call last):",
        "  …",
        "ValueError: no such column",
        "Log: .pivot/logs/train.log",
    ]
    assert told[7:] == [f"  | line {number}" for number in range(10, 30)]


def test_no_tail_if_it_was_shown_already(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text("hello\n")
    assert list(describe_failure(Failure("died", "killed by SIGKILL"), str(log), tmp_path, tail=False)) == [
        "killed by SIGKILL",
        "Log: train.log",
    ]


def test_the_place_is_named_where_no_traceback_does(tmp_path: Path) -> None:
    failure = Failure("declaration", "two lines\nof problem", file="stages.py", line=12)
    assert list(describe_failure(failure, None, tmp_path)) == ["two lines", "of problem", "File: stages.py:12"]


def test_a_stage_that_printed_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty.log").touch()
    for log in (None, str(tmp_path / "empty.log"), str(tmp_path / "missing.log")):
        assert list(describe_failure(Failure("died", "exit status 3"), log, tmp_path)) == ["exit status 3"]


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    log = tmp_path / "long.log"
    log.write_bytes(b"\xff" * 200_000 + b"\nlast\n")
    lines = last_lines(str(log))
    assert lines[-1] == "last"
    assert sum(map(len, lines)) <= 64 * 1024


def test_nothing_of_the_stages_words_steers_the_terminal(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text("\x1b[1;31mred\x1b[0m\tthen\x1b]0;title\x07\n")
    failure = Failure("raised", "ValueError: \x1b[2Jgone", traceback="  raise\x08 ValueError")
    assert list(describe_failure(failure, str(log), tmp_path)) == [
        r"ValueError: \x1b[2Jgone",
        r"  raise\x08 ValueError",
        "Log: train.log",
        "  | red\tthen\\x1b]0;title\\x07",
    ]
