"""The project behind an analysis, where something changed."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from pivot_fingerprint.memo import PlainMemo
from pivot_fingerprint.modules import Finder
from pivot_fingerprint.parts import Entry, Fingerprint, Observed
from pivot_fingerprint.project import Project
from pivot_fingerprint.recipes import fingerprints

MAIN = """\
from other import helper


class Model:
    rate = 1

    def fit(self):
        return self.rate


def run():
    return helper()
"""


@pytest.fixture
def look(tmp_path: Path) -> Project:
    (tmp_path / "main.py").write_text(MAIN)
    (tmp_path / "other.py").write_text("def helper(): ...\n")
    (tmp_path / "extra.py").write_text("X = 1\n")
    return Project(Finder([str(tmp_path)], []), PlainMemo())


def made(look: Project, entries: Mapping[str, Sequence[Entry]]) -> dict[str, Fingerprint]:
    return fingerprints(*look.answers(entries, (), ()), {})


def keys(look: Project, *entries: Entry) -> set[str]:
    return {part.key for part in made(look, {"it": entries})["it"].parts}


def test_entries_are_joined_and_names_kept_apart(look: Project) -> None:
    run, fit = Entry("main", "run"), Entry("main", "Model.fit")
    found = made(look, {"run": [run], "fit": [fit], "none": []})
    assert list(found) == ["run", "fit", "none"]
    assert {part.key for part in found["run"].parts} == {"func:main:run", "func:other:helper"}
    assert keys(look, run, fit) == keys(look, run) | keys(look, fit)
    assert found["none"].parts == ()


def test_parents(look: Project) -> None:
    assert look.parents([Entry("main", "run")], (), ())["func:other:helper"] == "func:main:run"


def test_the_source_of_a_class_is_without_its_methods(look: Project) -> None:
    parts = made(look, {"it": [Entry("main", "Model")]})["it"].parts
    sources = {part.key: look.source(part) for part in parts}
    assert "rate = 1" in (sources["class:main:Model"] or "")
    assert "fit" not in (sources["class:main:Model"] or "fit")
    assert sources["method:main:Model.fit"] == "    def fit(self):\n        return self.rate\n"


def test_modules_that_a_run_imported_beyond(look: Project) -> None:
    observed = Observed(modules=(("other", "other.py"), ("extra", "extra.py"), ("json", "json.py")))
    assert look.unexpected([Entry("main", "run")], (), (), observed) == (Entry("extra", ""),)
    assert look.unexpected([Entry("main", "run")], ["extra"], (), observed) == ()


def test_what_a_module_adds_to_the_path_is_searched(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "deep.py").write_text("def go(): ...\n")
    (tmp_path / "main.py").write_text(
        "import os, sys\n"
        "sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))\n"
        "from deep import go\n\n\ndef run():\n    return go()\n"
    )
    look = Project(Finder([str(tmp_path)], []), PlainMemo())
    assert "func:deep:go" in keys(look, Entry("main", "run"))
