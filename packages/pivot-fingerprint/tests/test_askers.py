"""Questions count when project code asks; those that others ask for their own purposes do not."""

import functools
import importlib
import os
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any

import pytest

from pivot_fingerprint.askers import (
    OWN,
    asks_for_project,
    loads_by_path,
    looks_for_plugins,
    names_it,
    reads_sources,
    shows_lines,
)
from pivot_fingerprint.parts import Observed


def run(project, body: str) -> Observed:
    project.write("asker!.py", f"import os, shutil, zipfile\ndef run():\n{textwrap.indent(body, '    ')}\n")
    project.write("data/a.txt", "a")
    return project.observe(project.load("asker").run)


@pytest.mark.parametrize(
    "body",
    [
        "shutil.copy('data/a.txt', 'copy.txt')",
        "shutil.copytree('data', 'copy', symlinks=True)",
        "z = zipfile.ZipFile('z', 'w'); z.write('data/a.txt'); z.close(); zipfile.ZipFile('z').extractall('out')",
    ],
)
def test_copies_ask_nothing_of_their_target(project, body: str) -> None:
    assert run(project, body).reads == (str(project.root / "data" / "a.txt"),)


def test_libraries_ask_for_themselves_unless_they_read_settings(project, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("lib!", "decouple"):
        project.write(f"site-packages/{name}.py", "import os\ndef ask(name): return os.path.exists(name)\n")
    monkeypatch.syspath_prepend(str(project.root / "site-packages"))
    monkeypatch.delitem(sys.modules, "decouple", raising=False)
    body = f"import decouple, {project.name('lib')} as lib; lib.ask('flag'); decouple.ask('.env')"
    assert run(project, body).reads == (str(project.root / ".env"),)
    monkeypatch.delitem(sys.modules, "decouple")


def test_thread_that_executes_the_standard_library_only(project) -> None:
    body = "import threading; t = threading.Thread(target=os.path.exists, args=['flag']); t.start(); t.join()"
    assert run(project, body).reads == (str(project.root / "flag"),)


def test_imports_ask_nothing(project) -> None:
    project.write("pack!/__init__.py", "try: import no_such_thing\nexcept ImportError: pass\n")
    project.write("pack!/inner.py", "import importlib.util; importlib.util.find_spec('no_such_thing')\n")
    observed = project.observe(lambda: importlib.import_module(f"{project.name('pack')}.inner"))
    assert observed.reads == ()
    assert observed.directories == ()
    assert observed.imports == ()


STANDARD = os.path.dirname(os.__file__)
BOOTSTRAP, EXTERNAL = "<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>"
PROJECT, OTHER = ("/p/stage.py", "run"), ("/q/lib.py", "ask")


def is_project(file: str) -> bool:
    return file.startswith("/p/")


def called[T](question: Callable[[FrameType], T], *callers: tuple[str, str]) -> T:
    """Ask within functions of these files and names, the outermost first."""
    ask: Callable[[], T] = lambda: question(sys._getframe(1))  # noqa: E731  # the innermost of a chain of callables
    for file, name in reversed(callers):
        space = {"__name__": os.path.basename(file).removesuffix(".py")}
        exec(compile(f"def {name}(go): return go()", file, "exec"), space)
        ask = functools.partial(space[name], ask)
    return ask()


def standard(file: str, name: str) -> tuple[str, str]:
    return os.path.join(STANDARD, file), name


@pytest.mark.parametrize(
    ("callers", "expected"),
    [
        ([PROJECT], True),
        ([OTHER], False),
        ([PROJECT, OTHER], False),
        ([OTHER, PROJECT], True),
        ([PROJECT, standard("genericpath.py", "exists")], True),
        ([OTHER, standard("genericpath.py", "exists")], False),
        ([PROJECT, ("<frozen genericpath>", "exists")], True),
        ([PROJECT, ("<string>", "run")], True),
        ([PROJECT, standard("shutil.py", "copy")], False),
        ([PROJECT, standard("shutil.py", "which"), standard("shutil.py", "_access_check")], True),
        ([PROJECT, ("<frozen os>", "makedirs")], False),
        ([PROJECT, standard("logging/__init__.py", "warning"), standard("genericpath.py", "exists")], False),
        ([PROJECT, standard("importlib/resources/_common.py", "files")], True),
        ([PROJECT, standard("importlib/util.py", "find_spec")], False),
        ([PROJECT, standard("posixpath.py", "realpath")], False),
        ([PROJECT, standard("pathlib/_local.py", "resolve"), standard("posixpath.py", "realpath")], False),
        ([PROJECT, standard("site-packages/lib.py", "ask")], False),
        ([standard("site-packages/decouple.py", "ask")], True),
        ([("/q/dotenv.py", "find")], True),
    ],
)
def test_asks_for_project(callers: list[tuple[str, str]], expected: bool) -> None:
    assert called(lambda frame: asks_for_project(frame, is_project), *callers) is expected


def test_our_own_questions_are_nobodys() -> None:
    assert not called(
        lambda frame: asks_for_project(frame, lambda _: True), PROJECT, (OWN + "access.py", "file_digest")
    )


def test_nobody_but_the_standard_library_asks() -> None:
    assert asks_for_project(None, is_project)


@pytest.mark.parametrize(
    ("callers", "expected"),
    [
        ([PROJECT], False),
        ([(EXTERNAL, "get_data")], True),
        ([("<frozen zipimport>", "get_data")], True),
        ([standard("linecache.py", "updatecache")], True),
        ([standard("inspect.py", "getsource")], True),
        ([standard("json/__init__.py", "load")], False),
        ([standard("linecache.py", "updatecache"), standard("tokenize.py", "open")], True),
        ([PROJECT, standard("tokenize.py", "open")], False),
    ],
)
def test_reads_sources(callers: list[tuple[str, str]], expected: bool) -> None:
    assert called(reads_sources, *callers) is expected


@pytest.mark.parametrize(
    ("callers", "expected"),
    [
        ([(BOOTSTRAP, "_find_and_load"), (BOOTSTRAP, "exec_module"), (EXTERNAL, "get_code")], False),
        ([(BOOTSTRAP, "_find_and_load"), PROJECT, (EXTERNAL, "exec_module"), (EXTERNAL, "get_code")], True),
        ([PROJECT, (EXTERNAL, "exec_module"), (EXTERNAL, "get_code"), (EXTERNAL, "get_data")], True),
        ([standard("importlib/__init__.py", "reload"), (BOOTSTRAP, "_exec"), (EXTERNAL, "get_code")], False),
        ([(BOOTSTRAP, "_load_module_shim"), (BOOTSTRAP, "_load"), (EXTERNAL, "get_code")], True),
        ([PROJECT, (EXTERNAL, "get_source"), (EXTERNAL, "get_data")], False),
        ([PROJECT, ("/p/own.py", "get_code")], False),
    ],
)
def test_loads_by_path(callers: list[tuple[str, str]], expected: bool) -> None:
    assert called(loads_by_path, *callers) is expected


@pytest.mark.parametrize(
    ("callers", "expected"),
    [
        ([PROJECT, standard("pkgutil.py", "iter_modules"), standard("pkgutil.py", "_iter_file_finder_modules")], True),
        ([OTHER, standard("pkgutil.py", "iter_modules")], False),
        ([PROJECT], False),
        ([PROJECT, (EXTERNAL, "_fill_cache")], False),
    ],
)
def test_looks_for_plugins(callers: list[tuple[str, str]], expected: bool) -> None:
    assert called(lambda frame: looks_for_plugins(frame, is_project), *callers) is expected


@pytest.mark.parametrize(
    ("callers", "expected"),
    [
        ([PROJECT], True),
        ([PROJECT, standard("pathlib/_local.py", "read_text")], True),
        ([PROJECT, OTHER], False),
        ([OTHER], False),
        ([standard("threading.py", "run")], False),
    ],
)
def test_names_it(callers: list[tuple[str, str]], expected: bool) -> None:
    assert called(lambda frame: names_it(frame, "/data/a", ("/p",), is_project), *callers) is expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("/data/deep/a", True),
        (b"/data/../data/deep/a", True),
        (Path("/data/deep"), True),
        (("x", "/data/"), True),
        ({"path": "/data/deep/a"}, True),
        ("/data/deep/b", False),
        ("/", False),
        (1, False),
    ],
)
def test_a_library_is_given_a_name(given: object, expected: bool) -> None:
    def library(ask: Callable[[], bool], path: object) -> bool:  # executed as if another file had it
        return ask()

    elsewhere = FunctionType(library.__code__.replace(co_filename="/q/lib.py"), {})
    space: dict[str, Any] = {"library": elsewhere, "given": given}
    exec(compile("def run(ask): return library(ask, given)", "/p/stage.py", "exec"), space)
    ask: Callable[[], bool] = lambda: names_it(sys._getframe(1), "/data/deep/a", ("/p/project",), is_project)  # noqa: E731
    assert space["run"](ask) is expected


@pytest.mark.parametrize(
    ("callers", "expected"),
    [
        ([PROJECT, standard("linecache.py", "getline"), standard("tokenize.py", "open")], True),
        ([PROJECT, standard("traceback.py", "format"), standard("linecache.py", "getline")], False),
        ([OTHER, standard("linecache.py", "getline")], False),
    ],
)
def test_shows_lines(callers: list[tuple[str, str]], expected: bool) -> None:
    assert called(lambda frame: shows_lines(frame, is_project), *callers) is expected
