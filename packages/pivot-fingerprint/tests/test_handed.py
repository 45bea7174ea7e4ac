"""Files that a library opens by itself are read, if project code handed it the path; texts that are no paths are not.

The library of these tests is installed beside the project and opens files by the C library, of which Python hears
nothing.
"""

import functools
import operator
import os
import sys
from pathlib import Path
from types import FunctionType

import pytest

from pivot_fingerprint.handed import MOST, code_of, module_of, texts_in

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")

LIBRARY = """
    import ctypes, os
    _c = ctypes.CDLL(None)
    def _open(path, flags=os.O_RDONLY):
        number = _c.open(os.fsencode(path), flags, 0o644)
        assert number >= 0
        if flags: _c.write(number, b"longer", 6)
        _c.close(number)
    def read(path, *, columns=None): _open(path)
    def look(text): return len(text)
    def write(path): _open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    def read_all(paths):
        for path in paths: _open(path)
    def directory(path):
        for name in sorted(os.listdir(path)): _open(os.path.join(path, name))
    def query(text):
        for path in ("data/a.bin", "data/b.bin"):
            if path in text: _open(path)
    def either(*args, **options):
        for path in (*args, *options.values()):
            if os.path.exists(path): _open(path)
    class Table:
        def __init__(self, columns=None): self.columns = columns
        def load(self, name, path): _open(path)
    class Opener:
        def __call__(self, path): _open(path)
    opener = Opener()
"""


@pytest.fixture
def library(project, monkeypatch: pytest.MonkeyPatch):
    """A project with two data files, and the installed library ``clib``."""
    project.write("site-packages/clib!.py", LIBRARY)
    monkeypatch.syspath_prepend(str(project.root / "site-packages"))
    project.write("data/a.bin", "a")
    project.write("data/b.bin", "b")
    return project


def reads(project, body: str, **options: bool) -> list[str]:
    text = "import functools, os, pathlib, threading, multiprocessing, clib! as clib\n"
    project.write("reader!.py", f"{text}def run(path='data/a.bin'):\n    {body}\n")
    observed = project.observe(project.load("reader").run, **options)
    return [os.path.relpath(path, project.root) for path in observed.reads]


@pytest.mark.parametrize(
    "body",
    [
        "clib.read('data/a.bin')",
        "clib.read(path)",
        "clib.read(path=os.path.join('data', 'a.bin'), columns=['x'])",
        "clib.read(pathlib.Path('data') / 'a.bin', columns=['x'])",
        "clib.read(os.path.abspath('data/../data/a.bin'))",
        "clib.read_all(['data/a.bin'])",
        "clib.query(f\"SELECT * FROM '{path}' WHERE x\")",
        "clib.query('SELECT *\\n FROM \"data/a.bin\"')",
        "clib.either('none', 3 and 'data/a.bin')",
        "clib.either(other='none', where='data/a.bin')",
        "clib.Table().load('name', path)",
        "clib.opener(path)",
        "functools.partial(clib.read, columns=[])('data/a.bin')",
        "list(map(clib.read, ['data/a.bin']))",
        "thread = threading.Thread(target=clib.read, args=(path,)); thread.start(); thread.join()",
        "[clib.look('x') for _ in range(9)]; clib.read('data/a.bin')",
        "[read(one) for read, one in ((len, 'data/b.bin'), (clib.read, 'data/a.bin'))]",
        "[clib.either(one) for one in ('none', 'data/a.bin')]",
        "exec('clib.read(path)', globals(), {'path': path})",
        "os.symlink('a.bin', 'data/link'); clib.read('data/link'); os.unlink('data/link'); clib.read('data/a.bin')",
    ],
)
def test_ways_to_hand_a_path_to_a_library(library, body: str) -> None:
    assert reads(library, body) in (["data/a.bin"], ["data/a.bin", "data/link"])


@pytest.mark.parametrize(
    "body",
    [
        "clib.look('data/a.bin')",
        "clib.look('data/')",
        "clib.Table(['data/a.bin'])",
        "len('data/a.bin'), 'data/a.bin'.upper(), pathlib.Path('data/a.bin').name",
        "clib.write('data/a.bin')",
        "clib.write('data/a.bin'); clib.read('data/a.bin')",
        "clib.write('new.bin'); clib.read('new.bin')",
        "open('data/a.bin', 'w').close(); clib.read('data/a.bin')",
        "clib.read('/etc/hostname') if os.path.exists('/etc/hostname') else None",
        "clib.look('x' * 100_000), clib.look(''), clib.look('a\\0b'), clib.look(b'x'), clib.look([])",
    ],
)
def test_texts_that_nobody_opens_and_output_are_no_reads(library, body: str) -> None:
    assert reads(library, body) == []


@pytest.mark.parametrize(
    "body",
    [
        "[one.stat().st_size for one in os.scandir('data') if one.name == 'a.bin']",
        "known.stat(path).st_size",
        "known.access(path, os.R_OK)",
    ],
)
def test_questions_that_no_function_of_os_is_asked(library, body: str) -> None:
    library.write("known!.py", "from os import access, stat\n")
    library.load("known")
    assert reads(library, f"import known! as known; {body}") == ["data/a.bin"]


def test_functions_of_equal_code_in_two_modules_are_both_looked_at(library) -> None:
    for module in ("first", "second"):
        library.write(f"{module}!.py", "from os import stat\ndef run(path): return stat(path).st_size\n")
        library.load(module)
    body = "import first! as first, second! as second; first.run('data/a.bin'); second.run('data/b.bin')"
    assert reads(library, body) == ["data/a.bin", "data/b.bin"]


def test_a_directory_counts_with_what_was_opened_in_it(library) -> None:
    (library.root / "data/below").mkdir()
    (library.root / "data/below/c.bin").touch()
    text = "import clib! as clib\ndef run(): clib.directory('data/below'), clib.look('data')\n"
    library.write("reader!.py", text)
    observed = library.observe(library.load("reader").run)
    assert [os.path.relpath(path, library.root) for path in observed.reads] == ["data/below/c.bin"]
    assert [os.path.relpath(path, library.root) for path in observed.listings] == ["data/below"]


def test_a_pattern_stands_for_its_directory(library) -> None:
    assert reads(library, "clib.look('data/*.bin'); clib._open('data/b.bin')") == ["data/b.bin"]


def test_a_file_that_a_library_may_write_and_did_not_is_read(library) -> None:
    code = "f = clib._c.open(b'data/a.bin', os.O_RDWR); clib._c.close(f); clib.look('data/a.bin')"
    assert reads(library, f"clib.look(path); {code}") == ["data/a.bin"]


def test_forked_workers_are_seen(library) -> None:
    body = "context = multiprocessing.get_context('fork')\n"
    body += "    with context.Pool(1) as pool: pool.map(clib.read, ['data/a.bin', 'data/b.bin'])"
    assert reads(library, body) == ["data/a.bin", "data/b.bin"]


def test_while_a_module_is_imported_the_line_is_told(library) -> None:
    library.write(
        "late!.py", "import clib! as clib\nTITLE = clib.look('data/b.bin')\nTABLE = clib.read('data/a.bin')\n"
    )
    observed = library.observe(lambda: library.load("late"), functions=False)
    found = [(read.name, read.module, read.line) for read in observed.imports if read.kind == "file"]
    assert found == [(str(library.root / "data/a.bin"), library.name("late"), 3)]
    assert observed.functions == ()


def test_a_call_that_never_has_a_path_is_soon_let_alone(library) -> None:
    body = f"[clib.read('data/a.bin') if number == {MOST * 3} else clib.look('x') for number in range({MOST * 4})]"
    assert reads(library, body) == ["data/a.bin"]  # another place
    body = f"[clib.either('none' if number < {MOST * 2} else path) for number in range({MOST * 3})]"
    library.write("given!.py", f"import clib! as clib\ndef run(path='data/a.bin'):\n    {body}\n")
    assert library.observe(library.load("given").run).reads == ()


def test_paths_go_on_to_be_looked_at(library) -> None:
    for number in range(MOST * 3):
        library.write(f"many/{number}.bin", "x")
    body = f"[clib.read(f'many/{{number}}.bin') for number in range({MOST * 3})]"
    assert len(reads(library, body)) == MOST * 3


def test_an_error_is_told_and_leaves_the_program_alone(library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pivot_fingerprint.handed.texts_in", lambda value: 1 / 0)
    library.write("reader!.py", "import clib! as clib\ndef run(): clib.read('data/a.bin')\n")
    with pytest.raises(AssertionError, match="paths handed to libraries: ZeroDivisionError"):
        library.observe(library.load("reader").run)


def test_afterwards_nothing_is_looked_at(library) -> None:
    assert reads(library, "clib.read(path)") == ["data/a.bin"]
    module = sys.modules[library.name("reader")]
    assert not any(
        sys.monitoring.get_local_events(tool, module.run.__code__) for tool in (3, 4) if sys.monitoring.get_tool(tool)
    )
    assert (sys.monitoring.get_tool(3), sys.monitoring.get_tool(4)) == (None, None)


class Callable:
    def __call__(self) -> None: ...


class Heir(Callable): ...


@pytest.mark.parametrize(
    ("function", "module", "compiled"),
    [
        (len, "builtins", True),
        (str.upper, "builtins", True),
        ("a".upper, "builtins", True),
        (dict, "builtins", True),
        (os.stat, "posix", True),
        (os.path.join, "posixpath", False),
        (Path, "pathlib._local", False),
        (functools.partial(os.path.join, "a"), "posixpath", False),
        (Callable().__call__, __name__, False),
        (Heir(), __name__, False),
        (operator.itemgetter(1), "operator", True),
    ],
)
def test_whose_a_function_is_and_whether_it_is_compiled(function: object, module: str, compiled: bool) -> None:
    assert module_of(function) == module
    assert (code_of(function) is None) is compiled
    assert isinstance(code_of(test_afterwards_nothing_is_looked_at), type(FunctionType.__code__.__get__(reads)))


def test_texts_in_values() -> None:
    assert list(texts_in("a/b.csv")) == ["a/b.csv"]
    assert list(texts_in(Path("a"))) == ["a"]
    assert list(texts_in(["a", ("b", 3)])) == ["a", "b"]
    assert list(texts_in({"path": "a"})) == ["a"]
    assert list(texts_in("data/**/*.parquet")) == ["data"]
    assert list(texts_in("*.parquet")) == ["."]
    assert "data" in list(texts_in("SELECT x FROM 'data/*.parquet'"))
    assert list(texts_in(3)) == list(texts_in("")) == list(texts_in("a\nb")) == []
