"""Questions about a small project: what is in a closure, and when an answer is kept as a whole."""

import sys
from collections import Counter
from pathlib import Path

import pytest

from pivot_fingerprint.analysis import Analysis, listing_digest
from pivot_fingerprint.memo import PlainMemo
from pivot_fingerprint.parts import Entry, Fingerprint, ImportRead, Observed

WORK = """\
from text import clean

RATE = 2
OTHER = 3


def run():
    return clean("a") * RATE


def unused():
    return OTHER
"""
TEXT = """\
def strip(value):
    return value.strip()


def clean(value):
    return strip(value)
"""


class CountingMemo:
    """Keeps results between looks, digests of files for one look only."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.calls: Counter[str] = Counter()
        self.look()

    def look(self) -> None:
        self.files = PlainMemo()
        self.calls.clear()

    def digest(self, path: str) -> str | None:
        self.calls["digest"] += 1
        return self.files.digest(path)

    def get(self, key: str) -> bytes | None:
        self.calls["get"] += 1
        return self.kept.get(key)

    def put(self, key: str, value: bytes) -> None:
        self.calls["put"] += 1
        self.kept[key] = value


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "work.py").write_text(WORK)
    (tmp_path / "text.py").write_text(TEXT)
    return tmp_path


def ask(root: Path, memo: CountingMemo | None = None, entry: str = "run") -> Fingerprint:
    return Analysis([str(root)], path=[], memo=memo).fingerprints({"it": [Entry("work", entry)]})["it"]


def keys(found: Fingerprint) -> list[str]:
    return [part.key for part in found.parts]


def test_the_closure_of_a_function(root: Path) -> None:
    found = ask(root)
    assert {"const:work:RATE", "func:text:clean", "func:text:strip", "func:work:run"} <= set(keys(found))
    assert not {"const:work:OTHER", "func:work:unused"} & set(keys(found))
    assert keys(found) == sorted(keys(found))
    run = next(part for part in found.parts if part.key == "func:work:run")
    assert (run.file, run.line, run.end_line) == (str(root / "work.py"), 7, 8)
    assert ("python", f"{sys.version_info.major}.{sys.version_info.minor}") in found.packages


def test_parents_lead_back_to_the_entry(root: Path) -> None:
    parents = ask(root).parents
    assert parents["func:text:strip"] == "func:text:clean"
    assert parents["func:text:clean"] == "func:work:run"
    assert "func:work:run" not in parents


def test_a_second_look_asks_the_memo_once_and_opens_nothing(root: Path) -> None:
    memo = CountingMemo()
    first = ask(root, memo)
    memo.look()
    digests = {str(root / name): memo.digest(str(root / name)) for name in ("work.py", "text.py")}
    memo.calls.clear()
    opened: list[str] = []
    watching = True

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event == "open" and str(arguments[0]).startswith(str(root)):
            opened.append(str(arguments[0]))

    sys.addaudithook(hook)
    second = ask(root, memo)
    watching = False
    assert opened == []
    assert memo.calls == {"get": 1, "digest": len(digests)}
    assert second.parts == first.parts
    assert second[1:3] == first[1:3]


@pytest.mark.parametrize(
    ("file", "text", "changes"),
    [
        ("text.py", TEXT.replace("strip()", "lower()"), True),
        ("text.py", "# a comment\n" + TEXT, False),
        ("text/__init__.py", "def clean(value): return 1\n", True),
        ("unrelated.py", "X = 1\n", False),
    ],
    ids=["edited", "commented", "shadowed", "unrelated"],
)
def test_a_kept_answer_is_given_only_while_it_is_true(root: Path, file: str, text: str, changes: bool) -> None:
    memo = CountingMemo()
    first = ask(root, memo)
    memo.look()
    (root / file).parent.mkdir(exist_ok=True)
    (root / file).write_text(text)
    second = ask(root, memo)
    assert (
        {part.key: part.digest for part in second.parts} != {part.key: part.digest for part in first.parts}
    ) is changes
    assert [part[:7] for part in second.parts] == [part[:7] for part in ask(root).parts]


@pytest.mark.parametrize("kept", [False, True], ids=["found", "kept"])
def test_the_grounds_of_an_answer_stand_while_names_lead_where_they_led(root: Path, kept: bool) -> None:
    memo = CountingMemo()
    for _ in range(1 + kept):
        analysis = Analysis([str(root)], path=[], memo=memo)
        analysis.fingerprints({"it": [Entry("work", "run")]})
    grounds = analysis.grounds()
    assert Analysis([str(root)], path=[]).stands(grounds)
    assert not Analysis([str(root)], path=[str(root / "more")]).stands(grounds)
    (root / "text.py").write_text("X = 1\n")
    assert Analysis([str(root)], path=[]).stands(grounds)  # the contents of files are not part of it
    (root / "text").mkdir()
    (root / "text" / "__init__.py").touch()
    assert not Analysis([str(root)], path=[]).stands(grounds)


def test_spoiled_results_are_made_anew(root: Path) -> None:
    memo = CountingMemo()
    first = ask(root, memo)
    for key in memo.kept:
        if key.startswith("answer "):
            memo.kept[key] = b"{"
    assert ask(root, memo).parts == first.parts


def test_an_entry_that_is_not_there_has_no_parts_of_its_own(root: Path) -> None:
    assert ask(root, entry="nothing").parts == ()


def test_what_cannot_be_followed_is_said_with_its_place(root: Path) -> None:
    (root / "work.py").write_text("def run(text):\n    x = 1\n    return eval(text)\n")
    (opaque,) = ask(root).opaque
    assert (opaque.file, opaque.line, opaque.within) == (str(root / "work.py"), 3, "func:work:run")


def test_what_is_ignored_on_request_is_not_followed(root: Path) -> None:
    ignored = TEXT.replace("def clean(value):", "def clean(value):  # pivot: ignore")
    (root / "text.py").write_text(ignored)
    found = ask(root)
    assert [part.key for part in found.ignored] == ["func:text:clean"]
    assert not {"func:text:clean", "func:text:strip"} & set(keys(found))


def test_source_of_a_part(root: Path) -> None:
    analysis = Analysis([str(root)], path=[])
    part = next(one for one in ask(root).parts if one.key == "func:text:strip")
    assert analysis.source(part) == "def strip(value):\n    return value.strip()\n"
    assert analysis.source(part._replace(name="none")) is None
    assert analysis.source(part._replace(file=None, module="none")) is None


@pytest.mark.parametrize("text", ["", "\n\n" + TEXT.replace("strip", "lower")])
def test_a_file_that_was_edited_since_has_no_source_of_a_part(root: Path, text: str) -> None:
    analysis = Analysis([str(root)], path=[])
    (part,) = (one for one in analysis.fingerprints({"it": [Entry("text", "strip")]})["it"].parts)
    (root / "text.py").write_text(text)
    assert analysis.source(part) is None


def test_a_read_at_import_belongs_to_the_definition_on_its_line(root: Path) -> None:
    data = root / "rate.txt"
    data.write_text("2")
    read = ImportRead("file", str(data), None, "work", 3)

    def files(entry: str) -> list[str]:
        analysis = Analysis([str(root)], path=[])
        found = analysis.fingerprints({"it": [Entry("work", entry)]}, reads=[read])["it"]
        return [part.name for part in found.parts if part.kind == "file"]

    assert files("run") == ["rate.txt"]
    assert files("unused") == []


def test_imports_locations_and_what_a_run_showed_beyond(root: Path) -> None:
    analysis = Analysis([str(root)], path=[])
    assert analysis.imports(["work"]) == {"work", "text"}
    assert [analysis.finds(name) for name in ("work", "text", "json", "none")] == [True, True, False, False]
    located = analysis.locate(Entry("work", "run", 7))
    assert located is not None
    assert located.key == "func:work:run"
    assert analysis.locate(Entry("json", "loads", 1)) is None
    observed = Observed(functions=(Entry("work", "run", 7), Entry("text", "strip", 1), Entry("work", "unused", 11)))
    assert analysis.unexpected([Entry("work", "run")], observed) == (Entry("work", "unused"),)


def test_a_listing_is_its_names(tmp_path: Path) -> None:
    empty = listing_digest(str(tmp_path))
    (tmp_path / "a").write_text("1")
    named = listing_digest(str(tmp_path))
    (tmp_path / "a").write_text("2")
    assert empty != named == listing_digest(str(tmp_path))
    assert listing_digest(str(tmp_path / "none")) == "missing"
