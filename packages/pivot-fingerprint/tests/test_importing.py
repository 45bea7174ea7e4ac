"""Project code is compiled from the bytes that are there; everything else is left alone."""

import importlib
import importlib.util
import linecache
import os
import runpy
import sys
import traceback
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType

import blake3
import pytest

from pivot_fingerprint import importing


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(
            getattr(sys.modules[name], "__file__", None) or getattr(sys.modules[name], "__path__", "")
        ):
            del sys.modules[name]


@pytest.fixture
def loaded(project: Path) -> Iterator[importing.Loaded]:
    record = importing.install([str(project)])
    yield record
    record.remove()


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    importlib.invalidate_caches()
    return path


def digest(path: Path) -> str:
    return blake3.blake3(path.read_bytes()).hexdigest()


def fresh(name: str) -> object:
    sys.modules.pop(name, None)
    return importlib.import_module(name)


def edit_unseen(path: Path, text: str) -> None:
    """The edit that Python's own check cannot see: same size, same modification time."""
    before = path.stat()
    assert len(text) == before.st_size
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_pythons_own_import_runs_stale_bytecode(project: Path) -> None:
    path = write(project / "stale.py", "X = 1\n")
    assert fresh("stale").X == 1
    edit_unseen(path, "X = 2\n")
    assert fresh("stale").X == 1, "if this fails Python has mended it, and importing.py can go"


def test_same_size_and_time_runs_the_new_source(project: Path, loaded: importing.Loaded) -> None:
    path = write(project / "fast.py", "X = 1\n")
    first = digest(path)
    assert fresh("fast").X == 1
    edit_unseen(path, "X = 2\n")
    assert fresh("fast").X == 2
    assert loaded.sources == (("fast", str(path), first), ("fast", str(path), digest(path)))


def test_stale_pyc_made_earlier_is_not_read(project: Path) -> None:
    path = write(project / "earlier.py", "X = 1\n")
    fresh("earlier")
    assert list(project.glob("__pycache__/earlier.*"))
    edit_unseen(path, "X = 2\n")
    loaded = importing.install([str(project)])
    try:
        assert fresh("earlier").X == 2
    finally:
        loaded.remove()


def test_no_pyc_is_written(project: Path, loaded: importing.Loaded) -> None:
    write(project / "clean.py", "X = 1\n")
    fresh("clean")
    assert not (project / "__pycache__").exists()


def test_reload_after_an_unseen_edit(project: Path, loaded: importing.Loaded) -> None:
    path = write(project / "again.py", "X = 1\n")
    module = importlib.import_module("again")
    edit_unseen(path, "X = 2\n")
    assert importlib.reload(module).X == 2


def test_packages_relative_imports_cycles_and_namespaces(project: Path, loaded: importing.Loaded) -> None:
    write(project / "pack" / "__init__.py", "from .a import A\n")
    write(project / "pack" / "a.py", "from . import b\nA = 'a'\ndef both(): return A + b.B\n")
    write(project / "pack" / "b.py", "from . import a\nB = 'b'\n")
    write(project / "space" / "part.py", "from pack.a import both\nVALUE = both()\n")
    assert importlib.import_module("space.part").VALUE == "ab"
    assert [source.name for source in loaded.sources] == ["space.part", "pack", "pack.a", "pack.b"]
    assert {source.file for source in loaded.sources} == {
        str(project / part) for part in ("space/part.py", "pack/__init__.py", "pack/a.py", "pack/b.py")
    }


def test_runpy_and_spec_from_file_location(project: Path, loaded: importing.Loaded) -> None:
    path = write(project / "script.py", "NAME = __name__\nif __name__ == '__main__': X = 1\n")
    assert runpy.run_module("script", run_name="__main__")["X"] == 1
    plugin = write(project / "plugins" / "one.py", "Y = 3\n")
    spec = importlib.util.spec_from_file_location("some_plugin", plugin)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.Y == 3
    assert loaded.sources == (("script", str(path), digest(path)), ("some_plugin", str(plugin), digest(plugin)))


def test_loader_that_transforms_source_still_does(project: Path, loaded: importing.Loaded) -> None:
    path = write(project / "shout.py", "X = 'quiet'\n")

    class Shouting(SourceFileLoader):
        def source_to_code(self, data: bytes, path: str, **options: int) -> object:
            return super().source_to_code(data.upper(), path)

    spec = importlib.util.spec_from_file_location("shout", path, loader=Shouting("shout", str(path)))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.X == "QUIET"


def test_tracebacks_show_source_lines(project: Path, loaded: importing.Loaded) -> None:
    path = write(project / "broken.py", "def fail():\n    raise ValueError('here')\n")
    module = importlib.import_module("broken")
    with pytest.raises(ValueError) as caught:
        module.fail()
    assert "raise ValueError('here')" in "".join(traceback.format_exception(caught.value))
    assert linecache.getline(str(path), 1) == "def fail():\n"
    assert module.__loader__.get_source("broken").startswith("def fail")
    assert module.fail.__code__.co_filename == str(path)


def test_syntax_error_shows_no_frame_of_the_import_system(project: Path, loaded: importing.Loaded) -> None:
    write(project / "wrong.py", "def (:\n")
    with pytest.raises(SyntaxError) as caught:
        exec("import wrong", {})
    files = [frame.filename for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert files == [__file__, "<string>"]
    assert caught.value.filename == str(project / "wrong.py")


def test_standard_library_and_installed_code_keep_their_pyc(project: Path, loaded: importing.Loaded) -> None:
    installed = project / ".venv" / "lib" / "site-packages"
    write(installed / "third_party_thing.py", "X = 1\n")
    sys.path.append(str(installed))
    try:
        import third_party_thing

        fresh("colorsys")
    finally:
        sys.path.remove(str(installed))
    assert os.path.exists(third_party_thing.__spec__.cached)
    assert loaded.sources == ()


def test_several_installs_each_record(project: Path, loaded: importing.Loaded) -> None:
    path = write(project / "shared.py", "X = 1\n")
    second = importing.install([str(project)])
    fresh("shared")
    second.remove()
    second.remove()
    fresh("shared")
    assert second.sources == loaded.sources == (("shared", str(path), digest(path)),)


def test_remove_gives_pythons_method_back(project: Path) -> None:
    original = SourceFileLoader.get_code
    loaded = importing.install([str(project)])
    assert SourceFileLoader.get_code is not original
    loaded.remove()
    assert SourceFileLoader.get_code is original


class TestIsProject:
    def test_below_a_root(self, tmp_path: Path) -> None:
        assert importing.is_project(str(tmp_path / "a" / "b.py"), [str(tmp_path)])

    def test_installed_below_a_root(self, tmp_path: Path) -> None:
        path = str(tmp_path / ".venv" / "lib" / "python3.13" / "site-packages" / "numpy" / "core.py")
        assert not importing.is_project(path, [str(tmp_path)])

    def test_root_below_an_installed_directory(self, tmp_path: Path) -> None:
        root = tmp_path / "site-packages" / "project"
        assert importing.is_project(str(root / "stage.py"), [str(root)])
        assert not importing.is_project(str(root / "stage.py"), [])

    def test_standard_library_and_third_party(self) -> None:
        assert not importing.is_project(traceback.__file__, [])
        assert not importing.is_project(pytest.__file__, [])

    def test_debugger_of_an_editor(self) -> None:
        assert not importing.is_project("/home/me/.vscode/extensions/x/bundled/libs/debugpy/server/api.py", ["/work"])

    def test_standard_library_below_a_root(self) -> None:
        assert not importing.is_project(traceback.__file__, ["/"])

    def test_text_without_a_file(self) -> None:
        for name in ("<string>", "<frozen os>", "<stdin>", "", "relative.py"):
            assert not importing.is_project(name, [os.getcwd()])

    def test_own_packages_even_below_a_root(self) -> None:
        own = Path(importing.__file__).parent
        assert not importing.is_project(str(own / "parts.py"), [str(own.parents[3])])
        assert not importing.is_project(str(own / "deep" / "parts.py"), [])

    def test_a_directory_that_only_has_the_name(self, tmp_path: Path) -> None:
        write(tmp_path / "pivot" / "stage.py", "")
        assert importing.is_project(str(tmp_path / "pivot" / "stage.py"), [str(tmp_path)])

    def test_path_entry_with_installed_distributions(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "libs" / "thing-1.0.dist-info").mkdir(parents=True)
        (tmp_path / "own").mkdir()
        monkeypatch.syspath_prepend(str(tmp_path / "libs"))
        monkeypatch.syspath_prepend(str(tmp_path / "own"))
        assert not importing.is_project(str(tmp_path / "libs" / "thing" / "a.py"), [])
        assert importing.is_project(str(tmp_path / "own" / "mine" / "a.py"), [])

    def test_root_through_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "real" / "site-packages").mkdir(parents=True)
        (tmp_path / "link").symlink_to(tmp_path / "real")
        assert importing.is_project(str(tmp_path / "real" / "a.py"), [str(tmp_path / "link")])
        assert not importing.is_project(str(tmp_path / "real" / "site-packages" / "a.py"), [str(tmp_path / "link")])


def names(code: CodeType) -> list[CodeType]:
    return [one for one in code.co_consts if isinstance(one, CodeType)]


def test_what_was_compiled_ahead_is_taken_once_for_the_same_bytes(project: Path, loaded: importing.Loaded) -> None:
    path = write(project / "early.py", "import sys\nsys.executed = 1\ndef f():\n    return 1\n")
    importing.compile_ahead(str(path))
    assert not hasattr(sys, "executed")
    code = importing._ahead[str(path)][1]
    assert fresh("early").f.__code__ in names(code)
    del sys.executed
    assert all(fresh("early").f.__code__ is not one for one in names(code))
    assert [one.digest for one in loaded.sources] == [digest(path)]


def test_what_was_edited_since_is_compiled_anew(project: Path, loaded: importing.Loaded) -> None:
    path = write(project / "early.py", "value = 1\n")
    importing.compile_ahead(str(path))
    edit_unseen(path, "value = 2\n")
    assert fresh("early").value == 2
    assert [one.digest for one in loaded.sources] == [digest(path)]


def test_whoever_compiles_in_a_way_of_its_own_does_so(project: Path, loaded: importing.Loaded) -> None:
    class Doubling(SourceFileLoader):
        def source_to_code(self, data: bytes, path: str, *, _optimize: int = -1) -> CodeType:  # type: ignore[override]
            return compile(data.replace(b"1", b"2"), path, "exec")

    path = write(project / "early.py", "value = 1\n")
    importing.compile_ahead(str(path))
    spec = importlib.util.spec_from_file_location("early", path, loader=Doubling("early", str(path)))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.value == 2


@pytest.mark.parametrize("text", ["value = (\n", "value = '\\d'\n", "value = 1 is 1\n"])
def test_what_the_compiler_has_to_say_is_said_by_the_import(project: Path, loaded: importing.Loaded, text: str) -> None:
    path = write(project / "early.py", text)
    importing.compile_ahead(str(path))
    importing.compile_ahead(str(project / "gone.py"))
    assert not importing._ahead
    with pytest.raises(SyntaxError):  # warnings are errors here
        fresh("early")
