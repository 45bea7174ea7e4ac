"""After an edit only what it concerns is followed anew, and the answer is the one that a look at everything gives."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from pivot_fingerprint import links, sources
from pivot_fingerprint.analysis import Analysis
from pivot_fingerprint.memo import PlainMemo
from pivot_fingerprint.parts import Entry, Fingerprint

PROJECT = {
    "work": """\
import tools
from shared import Model, marked


def run(x):
    return tools.clean(Model(x).fit())


@marked
def quick(x):
    return len(x)
""",
    "tools": """\
import deep

LIMIT = 3


def clean(x):
    return deep.go(x) + LIMIT


def spare(x):
    return x
""",
    "deep": """\
def go(x):
    return x


def also(x):
    return go(x)
""",
    "shared": """\
from registry import add


def marked(function):
    return add(function)


class Plain:
    def fit(self):
        return 1


class Model(Plain):
    def __init__(self, x):
        self.x = x
""",
    "registry": """\
KNOWN = []


def add(function):
    KNOWN.append(function)
    return function
""",
    "aside": """\
from shared import Plain


class Other(Plain):
    pass


def far(x):
    return Other().fit() + x
""",
}
QUESTION = {"run": [Entry("work", "run"), Entry("work", "quick")], "far": [Entry("aside", "far")]}


class Kept:
    """A project, a memo of what was followed in it, and the modules that were followed anew after each edit."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.memo = PlainMemo()
        self.anew: list[set[str]] = []
        self.write(PROJECT)

    def write(self, texts: Mapping[str, str]) -> None:
        for name, text in texts.items():
            (self.root / f"{name}.py").write_text(text)

    def edit(self, module: str, old: str, new: str) -> None:
        file = self.root / f"{module}.py"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    def ask(self) -> dict[str, Fingerprint]:
        """Return the answer; it is held against one that nothing is known for."""
        self.memo._digests.clear()
        found = self._answer(self.memo)
        assert found == self._answer(PlainMemo())
        return found

    def _answer(self, memo: PlainMemo) -> dict[str, Fingerprint]:
        return Analysis([str(self.root)], path=[], memo=memo).fingerprints(QUESTION, imported=["work", "aside"])

    def forget(self, word: str) -> None:
        """Forget all whose key begins with a word."""
        for key in [one for one in self.memo._kept if one.startswith(word)]:
            del self.memo._kept[key]


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    here = Kept(tmp_path)
    concerned = links._concerned

    def told(*known: object) -> set[str]:
        here.anew.append(concerned(*known))
        return here.anew[-1]

    monkeypatch.setattr(links, "_concerned", told)
    here.ask()
    return here


@pytest.mark.parametrize(
    ("module", "old", "new", "anew"),
    [
        ("tools", "deep.go(x)", "deep.also(x)", {"tools"}),
        ("tools", "deep.go(x) + LIMIT", "deep.go(x) + spare(LIMIT)", {"tools"}),
        ("tools", "import deep", "import deep, aside", {"tools"}),
        ("tools", "return x", "return more(x)\n\n\ndef more(x):\n    return x", {"tools"}),
        ("tools", "\n\ndef spare(x):\n    return x\n", "", {"tools"}),
        ("tools", "LIMIT = 3", "spare = 4\nLIMIT = 3", {"tools"}),
        ("tools", "def clean(x)", "def cleaned(x)", {"tools", "work"}),
        ("tools", "def clean(x)", "@deep.also\ndef clean(x)", {"tools", "work"}),
        ("deep", "def go(x):\n    return x", "go = print", {"deep", "tools"}),
        ("deep", "def go", "from tools import *\n\n\ndef go", {"deep", "tools"}),
        ("shared", "return add(function)", "return add(add(function))", {"shared", "work", "aside"}),
        ("registry", "KNOWN.append(function)", "pass", {"registry", "shared", "work", "aside"}),
        ("aside", "Other().fit() + x", "Other().fit() + Plain().fit()", {"aside"}),
        ("work", "import tools", "import tools, registry", {"work"}),
        ("work", "tools.clean(Model(x).fit())", "tools", {"work"}),
    ],
)
def test_an_edit(kept: Kept, module: str, old: str, new: str, anew: set[str]) -> None:
    before = kept.ask()
    kept.edit(module, old, new)
    kept.ask()
    assert kept.anew == [anew]
    kept.write(PROJECT)
    assert kept.ask() == before


def test_a_name_that_was_looked_for_in_vain(kept: Kept) -> None:
    kept.edit("work", "tools.clean(", "tools.better(")
    kept.ask()
    kept.edit("tools", "def spare", "def better")
    kept.ask()
    assert kept.anew == [{"work"}, {"tools", "work"}]


def test_what_is_contributed_to_a_name(kept: Kept) -> None:
    kept.edit("tools", "import deep", "import deep\nimport registry\n\nregistry.KNOWN.append(deep)")
    kept.edit("deep", "return x", "return registry.KNOWN")
    kept.edit("deep", "def go", "import registry\n\n\ndef go")
    kept.ask()
    kept.edit("aside", "class Other", "import deep\n\ndeep.go = len\n\n\nclass Other")
    kept.ask()
    kept.edit("aside", "deep.go = len", "")
    kept.ask()


@pytest.mark.parametrize("few", [0, 1])
def test_one_edit_after_the_other(kept: Kept, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(links, "_FEW", few)
    first = kept.ask()
    for turn in range(3):
        kept.edit("tools", "def clean", f"def new{turn}(x):\n    return x\n\n\ndef clean")
        kept.edit("deep", "return x", f"return x + {turn}" if turn % 2 else "return x")
        kept.ask()
        kept.edit("tools", "deep.go(", f"deep.go(new{turn}(x), ")
        kept.ask()
    kept.write(PROJECT)
    assert kept.ask() == first


def test_a_module_that_comes(kept: Kept) -> None:
    (kept.root / "deep").mkdir()
    (kept.root / "deep" / "__init__.py").write_text("def go(x):\n    return 2\n")
    kept.ask()
    assert kept.anew == []  # names lead elsewhere: nothing is kept


@pytest.mark.parametrize("spoiled", [b"{", b"[]", b"[[], [], []]\n[]", b"[[{}, {}, {}, []], {}, []]\n[1]"])
def test_spoiled_links(kept: Kept, spoiled: bytes) -> None:
    for key in [one for one in kept.memo._kept if one.startswith("links")]:
        kept.memo._kept[key] = spoiled
    kept.edit("tools", "deep.go(x)", "deep.also(x)")
    kept.ask()


def test_facts_that_are_kept_no_more(kept: Kept) -> None:
    kept.forget("facts")
    kept.edit("tools", "deep.go(x)", "deep.also(x)")
    kept.ask()
    assert kept.anew == [{"tools", "work"}]  # what it said before is not known


def test_a_module_that_is_edited_meanwhile(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.forget("facts")
    kept.edit("tools", "deep.go(x)", "deep.also(x)")
    read = sources.read_module

    def edited(memo: PlainMemo, file: str, digest: str) -> tuple[str, object]:
        monkeypatch.undo()
        kept.edit("deep", "return x", "return x + 1")
        kept.forget("facts")
        return read(memo, file, digest)

    monkeypatch.setattr(links, "read_module", edited)
    kept.memo._digests.clear()
    found = kept._answer(kept.memo)
    monkeypatch.undo()
    assert found == kept._answer(PlainMemo())


def test_what_was_read_on_which_line(kept: Kept, tmp_path: Path) -> None:
    kept.edit("work", "def run", "TABLE = [lambda x: x + 1, lambda x: tools.spare(x)]\n\n\ndef run")
    kept.ask()
    question = {"it": [Entry("work", "<lambda>", 5)]}

    def inner(memo: PlainMemo) -> dict[str, Fingerprint]:
        memo._digests.clear()
        return Analysis([str(tmp_path)], path=[], memo=memo).fingerprints(question)

    inner(kept.memo)
    kept.edit("tools", "deep.go(x)", "deep.also(x)")
    assert inner(kept.memo) == inner(PlainMemo())
    kept.edit("work", "import tools", "import tools  # moved\n")
    assert inner(kept.memo) == inner(PlainMemo())
