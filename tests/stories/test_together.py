"""Another `pivot` is at work in the same project."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench import PATIENCE, PIVOT, wait_until


@pytest.fixture
def busy(two_stages: Any, signals: Path) -> Iterator[Any]:
    """A project in which `preprocess` is at work until the file `go` is there."""
    two_stages.edit(
        "cleaning.py",
        "    return",
        f"    import pathlib, time\n    pathlib.Path({str(signals)!r}, 'begun').touch()\n"
        f"    while not pathlib.Path({str(signals)!r}, 'go').exists(): time.sleep(0.01)\n    return",
    )
    command = [PIVOT, "repro"]
    with subprocess.Popen(
        command, cwd=two_stages.path, env=two_stages.environment, stdout=subprocess.DEVNULL
    ) as process:
        wait_until((signals / "begun").exists)
        yield two_stages
        (signals / "go").touch()
        assert process.wait(PATIENCE) == 0


def test_who_waits_says_for_whom_and_does_not_do_it_again(busy: Any, signals: Path) -> None:
    waiting = subprocess.Popen([PIVOT, "repro"], cwd=busy.path, env=busy.environment, stdout=subprocess.PIPE, text=True)
    assert waiting.stdout is not None
    line = waiting.stdout.readline()
    assert line == "  preprocess: waiting for another pivot, which is at work on preprocess\n"
    (signals / "go").touch()
    rest, _ = waiting.communicate(timeout=PATIENCE)
    assert waiting.returncode == 0 and ("Done: " in rest or "up to date" in rest)
    assert (busy.path.parent / "ran.txt").read_text().split() == ["preprocess", "summarize"]


@pytest.mark.parametrize("words", [["--no-wait"], ["--lock-timeout", "0.1"]])
def test_who_does_not_wait_fails_with_one_line(busy: Any, words: list[str]) -> None:
    outcome = busy.run("repro", *words, code=1)
    assert "✗ preprocess   failed" in outcome.stderr and "another pivot is at work on preprocess" in outcome.stderr
    assert "Hint: run again once it has ended" in outcome.stderr
    both = busy.run("repro", "--no-wait", "--lock-timeout", "1", code=2)
    assert "exclude each other" in both.stderr


def test_looking_needs_no_lock(busy: Any) -> None:
    for words in (["status"], ["status", "--explain"], ["list"], ["repro", "-n"]):
        busy.run(*words)


def test_what_is_not_concerned_does_not_wait(busy: Any) -> None:
    """Another stage, which reads nothing that is being made."""
    busy.edit(
        "pipeline.py",
        "pipeline.register(summarize)",
        "pipeline.register(summarize)\npipeline.register(apart)",
    )
    busy.edit(
        "pipeline.py",
        'pipeline = pivot.Pipeline("my_pipeline")',
        'def apart() -> Annotated[str, pivot.Out("apart.txt", pivot.loaders.Text())]:\n    return "apart"\n\n\n'
        'pipeline = pivot.Pipeline("my_pipeline")',
    )
    outcome = busy.run("repro", "apart")
    assert "✓ apart" in outcome.stdout and "waiting" not in outcome.stdout
