"""Modules lead to files, and names lead to modules, without importing anything."""

import importlib
import importlib.util
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

from pivot_fingerprint.importing import is_project, normal_roots
from pivot_fingerprint.module_files import ModuleFiles, awaited, file_of, judge_loaded, leads_to, unfound


def module(name: str = "some_module", **attributes: object) -> ModuleType:
    made = ModuleType(name)
    made.__dict__.update(attributes)
    return made


class TestFileOf:
    def test_absolute(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert file_of(module(__file__="a.py")) == str(tmp_path / "a.py")
        assert file_of(module(__file__="/x/a.py")) == "/x/a.py"

    @pytest.mark.parametrize("thing", [module(), module(__file__=None), sys, None, 1])
    def test_none(self, thing: object) -> None:
        assert file_of(thing) is None

    def test_lazy_module_is_not_loaded_by_it(self, project) -> None:
        path = project.write("lazy!.py", "raise AssertionError('loaded')\n")
        spec = importlib.util.find_spec(project.name("lazy"))
        assert spec is not None and spec.loader is not None
        loader = importlib.util.LazyLoader(spec.loader)
        lazy = importlib.util.module_from_spec(spec)
        loader.exec_module(lazy)
        assert file_of(lazy) == str(path)


class TestLeadsTo:
    def test_module_and_package(self, project) -> None:
        path = project.write("one!.py", "")
        init = project.write("pack!/__init__.py", "")
        inner = project.write("pack!/inner.py", "")
        name = project.name("pack")
        assert leads_to(project.name("one"), str(path))
        assert leads_to(name, str(init))
        assert leads_to(f"{name}.inner", str(inner))

    def test_other_names_do_not(self, project) -> None:
        path = project.write("extra/tool!.py", "")
        for name in ("__main__", project.name("tool"), project.name("extra")):
            assert not leads_to(name, str(path))

    def test_parent_that_nobody_imported_does_not(self, project) -> None:
        path = project.write("one!.py", "")
        assert not leads_to(f"nowhere.{project.name('one')}", str(path))

    def test_first_on_the_path_wins(self, project, monkeypatch: pytest.MonkeyPatch) -> None:
        hidden = project.write("one!.py", "")
        first = project.write("front/one!.py", "")
        assert leads_to(project.name("one"), str(hidden))
        monkeypatch.syspath_prepend(str(project.root / "front"))
        assert not leads_to(project.name("one"), str(hidden))
        assert leads_to(project.name("one"), str(first))

    def test_entries_of_the_path_that_are_relative(self, project, monkeypatch: pytest.MonkeyPatch) -> None:
        path = project.write("more/one!.py", "")
        monkeypatch.setattr(sys, "path", ["more"])
        assert leads_to(project.name("one"), str(path))

    def test_package_with_a_path_of_its_own(self, project) -> None:
        project.write("pack!/__init__.py", "__path__.append(__path__[0] + '/more')\n")
        inner = project.write("pack!/more/inner.py", "")
        name = f"{project.name('pack')}.inner"
        assert not leads_to(name, str(inner)), "nobody has imported the package"
        project.load("pack")
        assert leads_to(name, str(inner))

    def test_other_finders_are_asked(self, project, monkeypatch: pytest.MonkeyPatch) -> None:
        path = project.write("elsewhere/one!.py", "")

        class Broken:
            def find_spec(self, *_: object) -> None:
                raise RuntimeError("no")

        class Editable:
            def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
                return ModuleSpec(name, None, origin=str(path)) if name == "some_editable" else None

        monkeypatch.setattr(sys, "meta_path", [Broken(), Editable()])
        assert leads_to("some_editable", str(path))
        assert not leads_to("some_editable", "/other.py")
        assert not leads_to("another", str(path))


class TestModuleFiles:
    def test_follows_what_is_loaded(self, project) -> None:
        files = ModuleFiles()
        path = project.write("one!.py", "")
        assert str(path) not in files.names()
        project.load("one")
        assert files.names()[str(path)] == project.name("one")
        del sys.modules[project.name("one")]
        assert str(path) not in files.names()

    def test_kept_while_nothing_is_loaded(self) -> None:
        files = ModuleFiles()
        assert files.names() is files.names()


def test_what_only_another_finder_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("plain.py", "pack/__init__.py", "pack/inner.py", "elsewhere/tool_v2.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [("plain", "plain.py"), ("pack", "pack/__init__.py"), ("pack.inner", "pack/inner.py")]
    strange = [("tool", "elsewhere/tool_v2.py"), ("inner", "pack/inner.py"), ("__main__", "plain.py")]
    modules = [(name, str(tmp_path / file)) for name, file in found + strange]
    expected = [str(tmp_path / "elsewhere/tool_v2.py"), str(tmp_path / "pack/inner.py")]
    assert list(unfound(modules, [str(tmp_path)])) == expected


def test_what_is_loaded_is_judged_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roots = normal_roots([str(tmp_path)])
    judge_loaded(roots)
    monkeypatch.setattr("pivot_fingerprint.importing._judge", lambda *_: pytest.fail("it was not"))
    assert not is_project(pytest.__file__, roots)


def test_files_in_which_a_module_could_come_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "awaited_pack").mkdir()
    (tmp_path / "awaited_pack" / "__init__.py").touch()

    def found(name: str) -> list[str]:
        return list(awaited(name, lambda file: is_project(file, (str(tmp_path),)) and file.startswith(str(tmp_path))))

    assert found("awaited_one") == [f"{tmp_path}/awaited_one/__init__.py", f"{tmp_path}/awaited_one.py"]
    assert found("awaited_pack.inner") == []  # nobody looked inside
    importlib.import_module("awaited_pack")
    assert found("awaited_pack") == []
    assert found("awaited_pack.inner")[-1] == f"{tmp_path}/awaited_pack/inner.py"
