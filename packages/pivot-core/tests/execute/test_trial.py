"""A trial of a pipeline, in a process of its own."""

import json
import os
from pathlib import Path

import pytest

from pivot.execute import interpreter

CSV = """
import pivot
from typing import Annotated

def table() -> Annotated[object, pivot.Out("t.npy", pivot.loaders.Numpy())]: ...

pipeline = pivot.Pipeline("p")
pipeline.register(table)
print("not for whoever tries it")
"""


def trial(root: Path) -> object:
    answer = interpreter.anonymous_file()
    alive, held = os.pipe()
    null = os.open(os.devnull, os.O_RDWR)
    code = f"from pivot.execute.trial import main; main({str(root)!r}, {str(root / 'pipeline.py')!r}, 3, 4)"
    assert os.waitpid(interpreter.start(code, [null, 2, 2, answer, alive], session=False), 0)[1] == 0
    data = os.pread(answer, 1 << 20, 0)
    for one in (answer, alive, held, null):
        os.close(one)
    return json.loads(data) if data else None


def test_what_the_pipeline_imports_and_its_loaders_will(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pipeline.py").write_text("import pathspec.util\n" + CSV)
    variables, names = trial(tmp_path)
    assert variables == [] and {"pathspec", "pathspec.util", "numpy"} <= set(names) and "pivot" not in names
    assert capfd.readouterr() == ("", "")


def test_a_pipeline_that_cannot_be_imported_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text("import nothing_at_all")
    assert trial(tmp_path) is None
