"""What the import of a module does to others."""

from pathlib import Path

import pytest

from pivot_fingerprint.effects import Contributions, Examiner
from pivot_fingerprint.memo import PlainMemo
from pivot_fingerprint.modules import Finder
from pivot_fingerprint.resolve import Resolver
from pivot_fingerprint.sources import Source, Sources


def write(root: Path, **modules: str) -> None:
    for name, text in modules.items():
        (root / f"{name}.py").write_text(text)


BASE = "ITEMS = []\nTABLE = {}\n\n\ndef keep(f):\n    ITEMS.append(f)\n    return f\n\n\nclass Model: ...\n"


def examine(root: Path, text: str) -> Contributions:
    write(root, base=BASE, main=text)
    sources = Sources(Finder([str(root)], []), PlainMemo())
    found = sources.module("main")
    assert isinstance(found, Source)
    return Examiner(Resolver(sources)).contributions(found)


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("from base import ITEMS\nITEMS.append(1)\n", {("base", "ITEMS")}),
        ("import base\nbase.TABLE['a'] = 1\n", {("base", "TABLE")}),
        ("from base import keep\nkeep(1)\n", {("base", "ITEMS")}),
        ("from base import keep\n@keep\ndef run(): ...\n", {("base", "ITEMS")}),
        ("from base import ITEMS\nCOUNT = len(ITEMS)\n", set()),
        ("from base import ITEMS\ndef later():\n    ITEMS.append(1)\n", set()),
    ],
)
def test_names_that_an_import_changes(tmp_path: Path, text: str, changed: set[tuple[str, str]]) -> None:
    names = {name for name, _ in examine(tmp_path, text).names}
    assert changed <= names
    assert bool(names & {("base", "ITEMS"), ("base", "TABLE")}) is bool(changed)


def test_subclasses(tmp_path: Path) -> None:
    found = examine(tmp_path, "from base import Model\nclass Net(Model): ...\n")
    assert [name for name, _ in found.subclasses] == [("base", "Model")]


@pytest.mark.parametrize(
    ("text", "loud"),
    [
        ("import random\nrandom.seed(0)\n", True),
        ("import json\njson.dumps = len\n", True),
        ("import random\nX = random.random()\n", True),
        ("print(1)\n", False),
        ("import random\ndef later():\n    random.seed(0)\n", False),
    ],
)
def test_what_leaves_the_project(tmp_path: Path, text: str, loud: bool) -> None:
    assert bool(examine(tmp_path, text).everywhere) is loud
