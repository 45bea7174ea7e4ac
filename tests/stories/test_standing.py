"""Nothing to do is remembered: whatever may make it something to do is noticed by the very next command, and forgotten
once it is taken back."""

import os
from pathlib import Path

import pytest

from workbench import Project

PIPELINE = """
    import os
    from typing import Annotated

    import pivot
    import thing
    from helpers import tidy

    JSON = pivot.loaders.JSON

    class Params(pivot.StageParams):
        factor: int = 2

    def total(
        raw: Annotated[list, pivot.Dep("raw.json", JSON())], params: Params
    ) -> Annotated[dict, pivot.Out("total.json", JSON())]:
        return {"total": tidy(sum(raw)) * params.factor, "level": os.environ.get("LEVEL"), "thing": thing.VALUE}

    pipeline = pivot.Pipeline("p")
    pipeline.register(total)
"""


@pytest.fixture
def made(project: Project, tmp_path: Path) -> Project:
    """A project in which all is up to date, and a distribution on the path of its Python."""
    site = tmp_path / "site"
    (site / "thing-1.0.dist-info").mkdir(parents=True)
    (site / "thing-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
    (site / "thing-1.0.dist-info" / "RECORD").write_text("thing.py,,\nthing-1.0.dist-info/METADATA,,\n")
    (site / "thing.py").write_text("VALUE = 1\n")
    project.environment["PYTHONPATH"] = str(site)
    project.write({"pipeline.py": PIPELINE, "helpers.py": "def tidy(n):\n    return n\n", "raw.json": "[1, 2]"})
    assert "1 ran" in project.run("repro").text
    return project


def says(project: Project, words: str, **environment: str) -> None:
    """See what `status` says of the stage."""
    assert words in project.run("status", env=environment).text.splitlines()[0]


def same_place_and_time(path: Path, text: str) -> None:
    """Write a text of the same length, and set the clock of the file back to what it was."""
    before = path.stat()
    assert len(text) == before.st_size
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_what_makes_a_stage_run_is_noticed_at_once_and_forgotten_when_it_is_taken_back(made) -> None:
    says(made, "up to date")
    for path, text in {
        "helpers.py": "def tidy(n):\n    return 7\n",
        "raw.json": "[1, 3]",
        "params.yaml": "total: {factor: 3}\n",
        ".pivot/stages/total.lock": made.read(".pivot/stages/total.lock").replace('"total.json"', '"other.json"'),
    }.items():
        place = made.path / path
        before = place.read_text() if place.exists() else None
        if before is not None and len(before) == len(text):
            same_place_and_time(place, text)
        else:
            place.write_text(text)
        says(made, "will run" if path != ".pivot/stages/total.lock" else "will restore")
        if before is None:
            place.unlink()
        else:
            place.write_text(before)
        says(made, "up to date")


def test_what_is_around_the_project_counts(made, tmp_path: Path) -> None:
    says(made, "LEVEL changed", LEVEL="2")
    says(made, "up to date")
    (made.path / "total.json").unlink()
    says(made, "will restore")
    assert "1 restored" in made.run("repro").text
    (made.path / ".pivot/state.db").write_bytes(b"garbage")
    says(made, "up to date")
    (tmp_path / "site" / "thing-1.0.dist-info").rename(tmp_path / "site" / "thing-1.1.dist-info")
    metadata = tmp_path / "site" / "thing-1.1.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("Version: 1.0", "Version: 1.1"))
    says(made, "thing")
    assert "1 ran" in made.run("repro").text
    says(made, "up to date")


def test_a_checkout_that_moved_is_looked_at_where_it_is(made, tmp_path: Path) -> None:
    raw = (made.path / "raw.json").read_text()
    made.path.rename(tmp_path / "moved")
    made.path = tmp_path / "moved"
    says(made, "up to date")
    made.write({"raw.json": "[5]"})
    assert "1 ran" in made.run("repro").text
    made.write({"raw.json": raw})
    assert "1 restored" in made.run("repro").text
    says(made, "up to date")
