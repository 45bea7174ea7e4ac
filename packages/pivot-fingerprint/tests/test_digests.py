"""Digests of parts: what an edit changes, and nothing else."""

from pathlib import Path

import pytest

from pivot_fingerprint.analysis import Analysis
from pivot_fingerprint.compare import compare, record
from pivot_fingerprint.parts import Entry, Fingerprint, ImportRead
from pivot_fingerprint.recipes import HALF

TEXT = """\
LIMIT = 3


class Model:
    rate = 1

    def fit(self):
        return self.rate


def helper(x):
    return x + LIMIT


def run(x):
    return helper(x), Model().fit()
"""


def ask(root: Path, text: str, *reads: ImportRead) -> Fingerprint:
    (root / "main.py").write_text(text)
    return Analysis([str(root)], path=[]).fingerprints({"it": [Entry("main", "run")]}, reads=reads)["it"]


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("LIMIT = 3", "LIMIT = 4", "const:main:LIMIT"),
        ("x + LIMIT", "x - LIMIT", "func:main:helper"),
        ("return self.rate", "return -self.rate", "method:main:Model.fit"),
        ("rate = 1", "rate = 2", "class:main:Model"),
    ],
)
def test_an_edit_changes_the_text_of_one_part(tmp_path: Path, old: str, new: str, changed: str) -> None:
    before, after = ask(tmp_path, TEXT), ask(tmp_path, TEXT.replace(old, new))
    texts = {part.key: part.digest[:HALF] for part in before.parts}
    assert {part.key for part in after.parts} == set(texts)
    assert [part.key for part in after.parts if part.digest[:HALF] != texts[part.key]] == [changed]
    assert [one.key for one in compare(record(before), after)] == [changed]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 3\n", "# a comment\nLIMIT  =  3\n"),
        ("return x + LIMIT", "return (x\n        + LIMIT)"),
        ("helper", "assist"),
        ("LIMIT", "BOUND"),
    ],
    ids=["comment", "layout", "function renamed", "constant renamed"],
)
def test_what_does_the_same_is_no_change(tmp_path: Path, old: str, new: str) -> None:
    before = ask(tmp_path, TEXT)
    assert compare(record(before), ask(tmp_path, TEXT.replace(old, new))) == ()


def test_definitions_of_one_name_make_one_part(tmp_path: Path) -> None:
    text = TEXT + "LIMIT = LIMIT + 1\n"
    before, after = ask(tmp_path, text), ask(tmp_path, text.replace("+ 1\n", "+ 2\n"))
    assert [part.key for part in before.parts].count("const:main:LIMIT") == 1
    assert [one.key for one in compare(record(before), after)] == ["const:main:LIMIT"]


def test_what_was_read_is_a_part_with_its_own_digest(tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("1")
    reads = [
        ImportRead("file", str(tmp_path / "data.txt"), None, "main", 1),
        ImportRead("listing", str(tmp_path), None, "main", 1),
        ImportRead("env", "HOME", "ab" * 32, "main", 1),
    ]
    before = ask(tmp_path, TEXT, *reads)
    found = {part.key: part.digest for part in before.parts}
    assert found["env::HOME"] == "ab" * 32
    assert "file::data.txt" in found
    assert sum(key.startswith("file:") for key in found) == 2
    (tmp_path / "data.txt").write_text("2")
    assert [one.key for one in compare(record(before), ask(tmp_path, TEXT, *reads))] == ["file::data.txt"]
