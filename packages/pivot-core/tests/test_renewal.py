"""Edits after which the manifest is known without importing the pipeline, held against importing it."""

import textwrap
from pathlib import Path

import pytest

from pivot.load import load
from pivot.manifest import Manifest
from pivot.project import Project
from pivot.renewal import renewed
from pivot_fingerprint.access import file_digest

FILES = {
    "pipeline.py": """
        from typing import Annotated

        import pivot
        from helpers import NAMES, scale

        JSON = pivot.loaders.JSON
        Given = Annotated[int, pivot.Dep("raw.json", JSON())]


        class Params(pivot.StageParams):
            rate: float = 0.5


        def train(raw: Given, params: Params) -> Annotated[int, pivot.Out("train.json", JSON())]:
            return scale(raw)


        def make(name):
            def stage(raw: Given) -> Annotated[int, pivot.Out(f"{name}.json", JSON())]:
                return raw
            return stage


        pipeline = pivot.Pipeline("p")
        pipeline.register(train)
        for name in NAMES:
            pipeline.register(make(name), name=name)
        raw = {"raw": pivot.Dep("raw.json", JSON())}
        pipeline.register(lambda raw: raw, name="last", deps=raw, outs=pivot.Out("x", JSON()))
        """,
    "helpers.py": """
        import os


        def scale(x):
            return x * 2


        def names():
            return ["a", "b"]


        NAMES = [name + os.environ.get("SUFFIX_OF_NAMES", "") for name in names()]
        """,
}


class Memo:
    """Digests of files, and what was kept."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.get = self.kept.get
        self.put = self.kept.__setitem__

    def digest(self, path: str) -> str | None:
        return file_digest(path)


class Case:
    """A project whose manifest was made, and the edits that follow."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.memo = Memo()
        for name, text in FILES.items():
            self.write(name, textwrap.dedent(text))
        self.project = Project(root, root / "pipeline.py")
        self.made = load(self.project, memo=self.memo)

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text()
        assert text.count(old) == 1
        self.write(name, text.replace(old, new))

    def renewed(self, manifest: Manifest | None = None) -> Manifest | None:
        return renewed(manifest or self.made, self.project, self.memo)

    def imported(self) -> Manifest:
        return load(self.project, memo=self.memo)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("helpers.py", "return x * 2", "return x * 3"),
        (
            "helpers.py",
            "return x * 2",
            "import math\n    for y in (1, 2):\n        x += y\n    return math.exp(x)",
        ),
        ("helpers.py", "import os\n", "# comments\n\n\nimport os\n"),
        ("pipeline.py", "    return scale(raw)", "    raw = raw + 1\n    return scale(raw)"),
    ],
)
def test_the_same_manifest_as_an_import_makes(case: Case, file: str, old: str, new: str) -> None:
    case.edit(file, old, new)
    found = case.renewed()
    assert found == case.imported()
    assert load(case.project, memo=case.memo, kept=case.made) == found


def test_one_edit_after_another(case: Case) -> None:
    case.edit("helpers.py", "return x * 2", "y = x\n    return y * 2")
    first = case.renewed()
    case.edit("helpers.py", "return y * 2", "return y * 3")
    case.edit("pipeline.py", "return scale(raw)", "return scale(raw) or 0")
    assert first is not None
    assert case.renewed(first) == case.imported()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("helpers.py", '["a", "b"]', '["a", "c"]'),  # in a function that ran
        ("helpers.py", "import os\n", "import os, re\n"),
        ("pipeline.py", "                return raw\n", "                return raw + 1\n"),  # in one that ran, too
        ("pipeline.py", "lambda raw: raw", "lambda raw: raw + 1"),
        ("pipeline.py", "rate: float = 0.5", "rate: float = 0.6"),
        ("helpers.py", "return x * 2", "return x * ("),
    ],
)
def test_whatever_the_import_executes_has_to_be_imported(case: Case, file: str, old: str, new: str) -> None:
    if file == "pipeline.py" and old.startswith(" "):
        old, new = old[8:], new[8:]
    case.edit(file, old, new)
    assert case.renewed() is None


def test_other_inputs_have_to_be_as_they_were(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.edit("helpers.py", "return x * 2", "return x * 3")
    assert case.renewed() is not None
    monkeypatch.setenv("SUFFIX_OF_NAMES", "_x")
    assert case.renewed() is None
    monkeypatch.delenv("SUFFIX_OF_NAMES")
    case.write("params.yaml", "train:\n  rate: 0.7\n")
    assert case.renewed() is None


def test_without_the_old_text_nothing_is_known(case: Case) -> None:
    case.edit("helpers.py", "return x * 2", "return x * 3")
    case.memo.kept.clear()
    assert case.renewed() is None


@pytest.mark.parametrize(
    "look",
    [
        "import inspect\nTEXT = inspect.getsource(scale)\n",
        "SIZE = len(scale.__code__.co_code)\n",
        "TEXT = open(__file__).read()\n",
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', ''])\n",
        "import gc\nSEEN = gc.get_referents(scale)\n",
    ],
)
def test_who_looks_into_functions_has_to_be_imported(case: Case, look: str) -> None:
    case.write("helpers.py", (case.root / "helpers.py").read_text() + look)
    made = case.imported()
    case.edit("helpers.py", "return x * 2", "return x * 3")
    assert case.renewed(made) is None


@pytest.mark.parametrize(
    "look",
    [
        "import sys\nLINE = sys._getframe().f_code\n",
        "try:\n    1 / 0\nexcept Exception as error:\n    LINE = error.__traceback__.tb_lineno\n",
    ],
)
def test_who_sees_lines_has_to_be_imported_once_they_move(case: Case, look: str) -> None:
    case.write("helpers.py", (case.root / "helpers.py").read_text() + look)
    made = case.imported()
    case.edit("helpers.py", "return x * 2", "return x * 3")
    assert case.renewed(made) is not None
    case.edit("helpers.py", "return x * 3", "x += 1\n    return x * 3")
    assert case.renewed(made) is None
