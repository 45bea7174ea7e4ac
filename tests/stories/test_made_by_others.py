"""A stage starts a program, in whatever language, that makes a file, and reads that file without having declared it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workbench import Project, wait_until

PIPELINE = """
import os, pathlib, subprocess, time
from typing import Annotated

import pivot


def report() -> Annotated[str, pivot.Out("report.txt", pivot.loaders.Text())]:
    BODY


pipeline = pivot.Pipeline("others")
pipeline.register(report)
"""
COPIES = {
    "a program": 'subprocess.run(["cp", "words.txt", "copy.txt"], check=True)',
    "a line of shell": 'os.system("cp words.txt copy.txt")',
    "a script": 'subprocess.run(["sh", "copy.sh"], check=True)',
    "two of them": 'for at in ("words.txt a.txt", "a.txt copy.txt"): subprocess.run(["cp", *at.split()])',
    "another name": """subprocess.run(["sh", "-c", "cp words.txt part.txt && mv part.txt copy.txt"], check=True)""",
}
LIBRARY = """
def read(path):
    with open(path) as file:
        return file.read()
"""
READ = 'pathlib.Path("copy.txt").read_text()'
CHANGED = "copy.txt, which the stage read, changed while it was running"

type Make = Callable[..., Project]


@pytest.fixture
def made(tmp_path: Path) -> Make:
    def made(*lines: str) -> Project:
        project = Project(tmp_path / "project", home=tmp_path / "home")
        body = "\n    ".join(lines)
        project.write(
            {"pipeline.py": PIPELINE.replace("BODY", body), "words.txt": "one", "copy.sh": "cp words.txt copy.txt\n"}
        )
        return project

    return made


def check_up_to_date(project: Project, report: str) -> None:
    assert project.read("report.txt") == report
    assert "up to date" in project.run("status").stdout
    assert "Everything is up to date" in project.run("repro").stdout


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_it_is_recorded_as_it_was_read(made: Make, copy: str) -> None:
    project = made(copy, f"return {READ}")
    project.run("repro")
    check_up_to_date(project, "one")
    project.run("repro", "--force")  # it is there already, and becomes what it was
    check_up_to_date(project, "one")
    project.write({"copy.txt": "edited"})
    assert "copy.txt changed" in project.run("status").stdout


def test_a_library_may_be_the_one_that_reads_it(made: Make) -> None:
    project = made(COPIES["a program"], "import reader", 'return reader.read("copy.txt")')
    project.write({"../site-packages/reader.py": LIBRARY})
    project.environment["PYTHONPATH"] = str(project.path.parent / "site-packages")
    project.run("repro")
    check_up_to_date(project, "one")
    project.write({"copy.txt": "edited"})
    assert "copy.txt changed" in project.run("status").stdout


def test_what_it_was_made_from_counts(made: Make) -> None:
    project = made('pathlib.Path("copy.txt").unlink(missing_ok=True)', COPIES["a program"], f"return {READ}")
    project.run("repro")
    project.write({"words.txt": "two"})
    assert "words.txt changed" in project.run("status").stdout
    project.run("repro")
    check_up_to_date(project, "two")


def test_over_other_bytes_it_is_recorded_the_second_time(made: Make) -> None:
    """Whether the program read those that were there is not known: what it makes must not depend on them."""
    project = made(COPIES["a program"], f"return {READ}")
    project.write({"copy.txt": "older"})
    told = project.run("repro", code=1).text
    assert CHANGED in told and "let the stage remove it" in told
    project.run("repro")
    check_up_to_date(project, "one")


def test_one_that_goes_on_from_what_was_there_is_never_recorded(made: Make) -> None:
    project = made("""subprocess.run(["sed", "-i", "s/$/+/", "copy.txt"], check=True)""", f"return {READ}")
    project.write({"copy.txt": "older"})
    for _ in range(2):
        assert CHANGED in project.run("repro", code=1).text


def test_one_that_the_next_run_makes_otherwise_is_refused(made: Make) -> None:
    project = made("""subprocess.run(["sh", "-c", "date +%s%N | tee copy.txt"], check=True)""", f"return {READ}")
    project.run("repro")
    check_up_to_date(project, project.read("copy.txt"))
    assert CHANGED in project.run("repro", "--force", code=1).text


def test_one_that_is_made_anew_after_it_was_read_is_refused(made: Make) -> None:
    project = made(COPIES["a program"], f"first = {READ}", 'os.system("cp copy.sh copy.txt")', f"return first + {READ}")
    assert CHANGED in project.run("repro", code=1).text


def test_what_was_read_before_it_was_made_is_refused(made: Make) -> None:
    project = made(f"first = {READ}", COPIES["a program"], f"return first + {READ}")
    project.write({"copy.txt": "older"})
    assert CHANGED in project.run("repro", code=1).text


@pytest.mark.parametrize("name", ["copy.txt", "words.txt"])
def test_an_edit_after_it_was_read_is_refused(made: Make, signals: Path, name: str) -> None:
    gate = signals / "gate"
    waits = [f'open("{gate}-reached", "w").close()', f'while os.path.exists("{gate}"): time.sleep(0.005)']
    project = made(COPIES["a program"], f"found = {READ}", *waits, "return found")
    gate.touch()

    def edit() -> None:
        wait_until((signals / "gate-reached").exists)
        project.write({name: "edited"})
        gate.unlink()

    with ThreadPoolExecutor(1) as pool:
        edited = pool.submit(edit)
        assert CHANGED.replace("copy.txt", name) in project.run("repro", code=1).text
        edited.result()
