"""An answer that is made of kept recipes is the one that a look at everything gives; and when it is made of them."""

from pathlib import Path

import pytest

from pivot_fingerprint import project
from pivot_fingerprint.analysis import Analysis
from pivot_fingerprint.memo import PlainMemo
from pivot_fingerprint.parts import Entry, Fingerprint, ImportRead

WORK = """\
import tools
from tools import clean

RATE = 2


class Model:
    rate = RATE

    def fit(self, x):
        return clean(x) * self.rate


def twice(x):
    return once(x) if x else 0


def once(x):
    return twice(x - 1) + eval("x")


def run(x):
    return Model().fit(x), twice(x), tools.LIMIT
"""
TOOLS = """\
LIMIT = 3
LIMIT = LIMIT + 1


def clean(x):
    return strip(x)  # quickly


def strip(x):
    return x + LIMIT


def skipped(x):  # pivot: ignore
    return x
"""


class Kept(PlainMemo):
    """A memo whose files are looked at anew by each analysis, and which tells how many look at everything."""

    def __init__(self) -> None:
        super().__init__()
        self.everything = 0


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    memo = Kept()
    answers = project.Project.answers

    def counted(self: project.Project, *question: object) -> object:
        memo.everything += self._memo is memo
        return answers(self, *question)

    monkeypatch.setattr(project.Project, "answers", counted)
    return memo


def ask(root: Path, memo: PlainMemo | None = None, *reads: ImportRead, line: int = 0) -> Fingerprint:
    if memo is not None:
        memo._digests.clear()
    entries = {"it": [Entry("work", "run", line)], "inner": [Entry("work", "<lambda>", line)]}
    return Analysis([str(root)], path=[], memo=memo).fingerprints(entries, reads=reads)["it"]


def write(root: Path, work: str = WORK, tools: str = TOOLS) -> None:
    (root / "work.py").write_text(work)
    (root / "tools.py").write_text(tools)


@pytest.mark.parametrize(
    ("old", "new", "remade"),
    [
        ("x + LIMIT", "x - LIMIT", True),
        ("LIMIT = 3", "LIMIT = 5", True),
        ("LIMIT + 1", "LIMIT + 2", True),
        ("# quickly", "# slowly", True),
        ("return strip(x)  # quickly", '"""Say."""\n\n    return strip(\n        x\n    )', True),
        ("return strip(x)", "return strip(x) + strip(-x)", False),
        ("return strip(x)", "return abs(strip(x))", True),
        ("return strip(x)", "return x", False),
        ("def skipped", "def ignored", False),
        ("  # pivot: ignore", "", False),
        ("\n\ndef skipped", "\nLIMIT += 1\n\n\ndef skipped", False),
    ],
)
def test_an_edit(tmp_path: Path, kept: Kept, old: str, new: str, remade: bool) -> None:
    write(tmp_path)
    before = ask(tmp_path, kept)
    write(tmp_path, tools=TOOLS.replace(old, new))
    after = ask(tmp_path, kept)
    assert kept.everything == (1 if remade else 2)
    assert after == ask(tmp_path)
    assert dict(after.parents) == dict(ask(tmp_path).parents)
    write(tmp_path)
    assert ask(tmp_path, kept) == before


def test_edits_of_several_modules(tmp_path: Path, kept: Kept) -> None:
    write(tmp_path)
    ask(tmp_path, kept)
    write(tmp_path, "# moved\n" + WORK.replace("rate = RATE", "rate = -RATE"), TOOLS.replace("x + LIMIT", "x * LIMIT"))
    assert ask(tmp_path, kept) == ask(tmp_path)
    write(tmp_path, WORK.replace("else 0", "else 1"))
    assert ask(tmp_path, kept) == ask(tmp_path)
    assert kept.everything == 1


def test_a_function_that_is_found_by_its_line(tmp_path: Path, kept: Kept) -> None:
    text = WORK + "TABLE = [\n    lambda x: x + 1,\n    lambda x: x + 2,\n]\n"
    write(tmp_path, text)
    line = text.splitlines().index("    lambda x: x + 1,") + 1

    def inner(memo: PlainMemo | None, at: int) -> Fingerprint:
        if memo is not None:
            memo._digests.clear()
        return Analysis([str(tmp_path)], path=[], memo=memo).fingerprints({"it": [Entry("work", "<lambda>", at)]})["it"]

    first = inner(kept, line)
    assert inner(kept, line + 1) == inner(None, line + 1)
    assert kept.everything == 2
    write(tmp_path, text.replace("x + 2", "x + 3"))
    assert inner(kept, line + 1) == inner(None, line + 1) != first
    assert kept.everything == 2
    write(tmp_path, text.replace("    lambda x: x + 1,\n", "    lambda x: x + 1, # or\n    # not\n"))
    assert inner(kept, line + 1) == inner(None, line + 1)
    assert kept.everything == 3


def test_what_was_read_on_a_line(tmp_path: Path, kept: Kept) -> None:
    write(tmp_path)
    (tmp_path / "data.txt").write_text("1")
    read = ImportRead("file", str(tmp_path / "data.txt"), None, "work", 4)
    before = ask(tmp_path, kept, read)
    (tmp_path / "data.txt").write_text("2")
    assert ask(tmp_path, kept, read) == ask(tmp_path, None, read) != before
    assert kept.everything == 2
    write(tmp_path, "# moved\n" + WORK)
    assert ask(tmp_path, kept, read) == ask(tmp_path, None, read)
    moved = read._replace(line=5)
    assert ask(tmp_path, kept, moved) == ask(tmp_path, None, moved)


def test_source_that_is_read_as_a_file_counts_in_full(tmp_path: Path, kept: Kept) -> None:
    write(tmp_path)
    read = ImportRead("file", str(tmp_path / "tools.py"), None, "work", 4)
    before = ask(tmp_path, kept, read)
    write(tmp_path, tools=TOOLS.replace("quickly", "slowly"))
    assert ask(tmp_path, kept, read) == ask(tmp_path, None, read) != before


def test_text_that_is_read_counts_in_full(tmp_path: Path, kept: Kept) -> None:
    work = WORK + "\n\nimport inspect\nSHOWN = inspect.getsource(run)\n"
    write(tmp_path, work.replace("tools.LIMIT", "SHOWN"))
    before = ask(tmp_path, kept)
    write(tmp_path, "# a comment\n" + work.replace("tools.LIMIT", "SHOWN"))
    after = ask(tmp_path, kept)
    assert after == ask(tmp_path)
    assert {part.key: part.digest for part in after.parts} != {part.key: part.digest for part in before.parts}


@pytest.mark.parametrize("spoiled", [b"{", b"[]", b"[1, 2]"])
def test_spoiled_recipes_are_written_anew(tmp_path: Path, kept: Kept, spoiled: bytes) -> None:
    write(tmp_path)
    ask(tmp_path, kept)
    write(tmp_path, tools=TOOLS.replace("x + LIMIT", "x - LIMIT"))
    for key in kept._kept:
        if key.startswith("recipes "):
            kept._kept[key] = spoiled
    assert ask(tmp_path, kept) == ask(tmp_path)


def test_a_module_that_comes_or_goes(tmp_path: Path, kept: Kept) -> None:
    write(tmp_path)
    ask(tmp_path, kept)
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "__init__.py").write_text(TOOLS.replace("LIMIT = 3", "LIMIT = 4"))
    assert ask(tmp_path, kept) == ask(tmp_path)
    (tmp_path / "tools" / "__init__.py").unlink()
    (tmp_path / "tools.py").unlink()
    assert ask(tmp_path, kept) == ask(tmp_path)


def test_a_module_that_no_longer_adds_to_the_import_path(tmp_path: Path, kept: Kept) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "tools.py").write_text(TOOLS)
    path = "import sys\nsys.path.append('lib')\n"
    (tmp_path / "work.py").write_text(path + WORK)
    assert "func:tools:clean" in {part.key for part in ask(tmp_path, kept).parts}
    (tmp_path / "work.py").write_text(path.replace("sys.path.append('lib')", "") + WORK)
    assert ask(tmp_path, kept) == ask(tmp_path)
