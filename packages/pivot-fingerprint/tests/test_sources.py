"""The modules of one look: project code with its facts, and everything that is not followed."""

from pathlib import Path

import pytest

from pivot_fingerprint.memo import PlainMemo
from pivot_fingerprint.modules import Finder
from pivot_fingerprint.sources import Outside, Source, Sources, Spread


def look(root: Path, *path: Path, memo: PlainMemo | None = None) -> Sources:
    return Sources(Finder([str(root)], [str(one) for one in path]), memo or PlainMemo())


def test_a_project_module_has_facts_and_numbered_definitions(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("X = 1\n\n\nclass Model:\n    def fit(self): ...\n")
    (tmp_path / "b.py").write_text("def run(): ...\n")
    sources = look(tmp_path)
    a, b = sources.module("a"), sources.module("b")
    assert isinstance(a, Source)
    assert isinstance(b, Source)
    assert b.first == len(a.facts.definitions)
    assert [sources.homes[number].name for number in (a.first, b.first)] == ["a", "b"]
    ((owner, (method,)),) = a.members.items()
    assert [sources.definitions[one].name for one in (owner, method)] == ["Model", "Model.fit"]
    assert sources.module("a") is a
    assert set(sources.files) == {str(tmp_path / "a.py"), str(tmp_path / "b.py")}


def test_what_is_not_followed(tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    info = site / "Lib-2.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Name: Lib\nVersion: 2.0\n\n")
    (info / "RECORD").write_text("lib.py,,\n")
    (site / "lib.py").write_text("X = 1\n")
    (tmp_path / "space").mkdir()
    (tmp_path / "fast.pyc").write_bytes(b"")
    sources = look(tmp_path, site)
    lib, fast = sources.module("lib"), sources.module("fast")
    assert isinstance(lib, Outside)
    assert lib.kind == "installed"
    assert lib.distribution is not None
    assert lib.distribution[:2] == ("lib", "2.0")
    assert str(info / "METADATA") in sources.files  # the version is part of what answers rest on
    assert isinstance(fast, Outside)
    assert fast.kind == "binary"
    assert sources.module("space") == Spread("space")
    assert sources.module("none") == Outside("missing", "none")
    assert sources.distribution("Lib") == Outside("installed", "Lib", lib.distribution)
    assert sources.distribution("other").kind == "missing"
    assert str(site) in sources.listings


def test_the_same_text_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memo = PlainMemo()
    (tmp_path / "a.py").write_text("X = 1\n")
    look(tmp_path, memo=memo).module("a")
    (tmp_path / "b.py").write_text("X = 1\n")

    def fail(_: bytes) -> None:
        raise AssertionError("parsed again")

    monkeypatch.setattr("pivot_fingerprint.facts.read_facts", fail)
    kept = look(tmp_path, memo=memo).module("b")
    assert isinstance(kept, Source)
    assert list(kept.facts.binds) == ["X"]


def test_an_edit_after_the_digest_was_taken_counts(tmp_path: Path) -> None:
    memo, file = PlainMemo(), tmp_path / "a.py"
    file.write_text("X = 1\n")
    before = memo.digest(str(file))
    file.write_text("Y = 1\n")
    sources = look(tmp_path, memo=memo)
    found = sources.module("a")
    assert isinstance(found, Source)
    assert list(found.facts.binds) == ["Y"]
    assert sources.files[str(file)] != before


def test_a_module_that_is_removed_while_it_is_looked_at_is_not_followed(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("X = 1\n")

    class Slow(PlainMemo):
        def digest(self, path: str) -> str | None:
            digest = super().digest(path)
            file.unlink(missing_ok=True)
            return digest

    sources = look(tmp_path, memo=Slow())
    assert sources.module("a") == Outside("binary", "a", None, str(file))
    assert sources.files == {str(file): None}
