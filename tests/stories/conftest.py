"""Projects that several stories start from."""

from pathlib import Path

import pytest

from workbench import Project

PIPELINE = """
import json
import pathlib
from typing import Annotated, TypedDict

import pivot
from cleaning import clean
from totals import total


class PreprocessOutputs(TypedDict):
    clean: Annotated[pathlib.Path, pivot.Out("clean.json", pivot.loaders.PathOnly())]


class SummarizeOutputs(TypedDict):
    summary: Annotated[pathlib.Path, pivot.Out("summary.json", pivot.loaders.PathOnly())]


def preprocess(raw: Annotated[dict, pivot.Dep("data.json", pivot.loaders.JSON())]) -> PreprocessOutputs:
    with open("../ran.txt", "a") as log:
        log.write("preprocess\\n")
    path = pathlib.Path("clean.json")
    path.write_text(json.dumps({"records": clean(raw["records"])}))
    return {"clean": path}


def summarize(clean: Annotated[dict, pivot.Dep("clean.json", pivot.loaders.JSON())]) -> SummarizeOutputs:
    with open("../ran.txt", "a") as log:
        log.write("summarize\\n")
    path = pathlib.Path("summary.json")
    path.write_text(json.dumps({"total": total(clean["records"])}))
    return {"summary": path}


pipeline = pivot.Pipeline("my_pipeline")
pipeline.register(preprocess)
pipeline.register(summarize)
"""
CLEANING = """
def clean(records):
    return [record for record in records if record["value"] is not None]
"""
TOTALS = """
def total(records):
    return sum(record["value"] for record in records)
"""
DATA = '{"records": [{"value": 1}, {"value": null}, {"value": 2}]}\n'


class TwoStages(Project):
    """Data, `preprocess`, `summarize`, and a helper module for each of the two stages."""

    def ran(self) -> list[str]:
        """The stages that ran since this was last asked, in order of their start; each stage notes that it runs."""
        log = self.path.parent / "ran.txt"
        names = log.read_text().split() if log.exists() else []
        log.unlink(missing_ok=True)
        return names


@pytest.fixture
def two_stages(tmp_path: Path) -> TwoStages:
    project = TwoStages(tmp_path / "project", home=tmp_path / "home")
    project.write({"pipeline.py": PIPELINE, "cleaning.py": CLEANING, "totals.py": TOTALS, "data.json": DATA})
    return project
