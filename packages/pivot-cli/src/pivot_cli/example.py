"""The example that ``pivot init --example`` writes: two stages over a small table, ready to run.

Plain text here, so that nothing has to be found on disk; the tests run it.
"""

PIPELINE = '''\
"""Two stages: preprocess keeps the valid records, summarize computes their mean."""

import json
import pathlib
from typing import Annotated, TypedDict

import pivot


class PreprocessOutputs(TypedDict):
    clean: Annotated[pathlib.Path, pivot.Out("clean.json", pivot.loaders.PathOnly())]


class SummarizeOutputs(TypedDict):
    summary: Annotated[pathlib.Path, pivot.Out("summary.json", pivot.loaders.PathOnly())]


def is_valid(record: dict) -> bool:
    return record["value"] is not None


def preprocess(raw: Annotated[dict, pivot.Dep("data.json", pivot.loaders.JSON())]) -> PreprocessOutputs:
    records = [record for record in raw["records"] if is_valid(record)]
    path = pathlib.Path("clean.json")
    path.write_text(json.dumps({"records": records}))
    return {"clean": path}


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def summarize(clean: Annotated[dict, pivot.Dep("clean.json", pivot.loaders.JSON())]) -> SummarizeOutputs:
    values = [record["value"] for record in clean["records"]]
    path = pathlib.Path("summary.json")
    path.write_text(json.dumps({"count": len(values), "mean": mean(values)}))
    return {"summary": path}


pipeline = pivot.Pipeline("example")
pipeline.register(preprocess)
pipeline.register(summarize)
'''

DATA = """\
{
  "records": [
    {"name": "alpha", "value": 1.5},
    {"name": "beta", "value": null},
    {"name": "gamma", "value": 4.5}
  ]
}
"""

FILES = {"pipeline.py": PIPELINE, "data.json": DATA}
