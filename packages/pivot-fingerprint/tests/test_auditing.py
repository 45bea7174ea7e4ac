"""What the process opens, lists and hands over is recorded; its own output is not."""

import importlib
import os
import sqlite3
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from pivot_fingerprint import auditing
from pivot_fingerprint.auditing import Access
from pivot_fingerprint.observe import observe
from pivot_fingerprint.parts import Observed

# the projects below leave files open, as people do
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning", "ignore:.*fork.*:DeprecationWarning"
)


class TestReads:
    def run(self, project, body: str) -> Observed:
        project.write(
            "reader!.py", f"import glob, os, pathlib, shutil, sqlite3\ndef run():\n{textwrap.indent(body, '    ')}"
        )
        return project.observe(project.load("reader").run)

    @pytest.mark.parametrize(
        "body",
        [
            "open('data/a.txt').read()",
            "open(b'data/a.txt', 'rb').read()",
            "pathlib.Path('data/a.txt').read_text()",
            "os.close(os.open('data/a.txt', os.O_RDONLY))",
            "open('data/../data/a.txt', 'r+').close()",
            "os.chdir('data'); open('a.txt').close(); os.chdir('..')",
            "shutil.copyfile('data/a.txt', 'copy.txt')",
            "os.link('data/a.txt', 'linked.txt'); open('linked.txt').read()",
        ],
    )
    def test_ways_to_read(self, project, body: str) -> None:
        path = project.write("data/a.txt", "a")
        assert self.run(project, body).reads == (str(path),)

    @pytest.mark.parametrize(
        "body",
        [
            "open('data/a.txt', 'w').close()",
            "open('data/a.txt', 'a').close()",
            "open('data/a.txt', 'w').close(); open('data/a.txt').read()",
            "open('new.txt', 'x').close(); open('new.txt').read()",
            "open('t.txt', 'w').close(); os.replace('t.txt', 'data/a.txt'); open('data/a.txt').read()",
            "os.makedirs('made/deep', exist_ok=True); open('made/deep/f', 'w').close(); os.listdir('made/deep')",
            "os.mkdir('made'); os.rename('made', 'moved'); open('moved/f', 'w').close(); os.listdir('moved')",
            "sqlite3.connect('new.db').close(); open('new.db').read()",
            "sqlite3.connect(':memory:').close()",
            "open(os.devnull).read()",
            "open(__file__ + 'c', 'w').close()",
            "import linecache; linecache.getline(__file__, 1)",
            "import inspect; inspect.getsource(run)",
            "shutil.rmtree('data')",
            "os.makedirs('made/deep/er'); shutil.rmtree('made')",
            "open('.git/HEAD').read(); open('.pivot/state').read(); open('.venv/lib/site-packages/ca.pem').read()",
        ],
    )
    def test_no_reads(self, project, body: str) -> None:
        for path in ("data/a.txt", ".git/HEAD", ".pivot/state", ".venv/lib/site-packages/ca.pem"):
            project.write(path, "a")
        observed = self.run(project, body)
        assert observed.reads == ()
        assert observed.listings == ()

    def test_read_before_it_is_written(self, project) -> None:
        path = project.write("count.txt", "1")
        observed = self.run(project, "n = int(open('count.txt').read()); open('count.txt', 'w').write(str(n + 1))")
        assert observed.reads == (str(path),)

    def test_missing_file_is_a_read(self, project) -> None:
        observed = self.run(project, "try: open('override.json')\nexcept FileNotFoundError: pass")
        assert observed.reads == (str(project.root / "override.json"),)

    def test_directory_that_exists_is_not_made(self, project) -> None:
        path = project.write("data/a.txt", "a")
        observed = self.run(project, "os.makedirs('data', exist_ok=True); open('data/a.txt').read()")
        assert observed.reads == (str(path),)

    def test_source_read_as_data(self, project) -> None:
        path = project.write("helper!.py", "X = 1")
        observed = self.run(project, f"exec(open({str(path)!r}).read(), {{}})")
        assert observed.reads == (str(path),)

    def test_data_of_a_package(self, project) -> None:
        project.write("pack!/__init__.py", "")
        path = project.write("pack!/table.json", "{}")
        observed = self.run(project, f"import pkgutil; pkgutil.get_data({project.name('pack')!r}, 'table.json')")
        assert observed.reads == (str(path),)

    def test_database(self, project) -> None:
        path = project.root / "d.db"
        sqlite3.connect(path).close()
        path.touch()
        assert self.run(project, "sqlite3.connect('file:d.db?mode=ro', uri=True).close()").reads == (str(path),)

    def test_outside_the_roots(self, project) -> None:
        outside = project.root.parent / "outside.txt"
        outside.write_text("a")
        seen = self.run(
            project,
            "open('../outside.txt').read(); open('/etc/hosts').read(); open(os.__file__).read()"
            "; os.path.exists('../none'); open('../made.txt', 'w').close(); open('../made.txt').read()"
            "; os.makedirs('../new/deep', exist_ok=True); os.listdir('../new'); os.path.isdir('..')",
        )
        assert seen.reads == (str(project.root.parent / "none"), str(outside))
        assert (seen.listings, seen.directories) == ((), ())

    def test_root_through_a_link(self, project) -> None:
        project.write("real/a.txt", "a")
        (project.root / "link").symlink_to("real")
        with observe([str(project.root / "link")]) as observation:
            (project.root / "real" / "a.txt").read_text()
        assert observation.observed.reads == (str(project.root / "link" / "a.txt"),)

    @pytest.mark.parametrize(
        "body", ["os.listdir('data')", "list(os.scandir('data'))", "glob.glob('data/*')", "list(os.walk('data'))",
                 "list(pathlib.Path('data').iterdir())", "os.chdir('data'); os.listdir(); os.chdir('..')",
                 "f = os.open('data', os.O_RDONLY | os.O_DIRECTORY); os.listdir(f); os.close(f)",
                 "import pkgutil; list(pkgutil.iter_modules(['data']))"],
    )  # fmt: skip
    def test_listings(self, project, body: str) -> None:
        project.write("data/a.txt", "a")
        assert self.run(project, body).listings == (str(project.root / "data"),)

    def test_a_directory_that_is_opened_in_vain_is_no_read(self, project) -> None:
        project.write("data/a.txt", "a")
        body = "import contextlib\nwith contextlib.suppress(IsADirectoryError): open('data')"
        observed = self.run(project, body)
        assert (observed.reads, observed.listings) == ((), ())

    @pytest.mark.parametrize(
        ("more", "expected"), [("", ["data/none.txt"]), ("; open('data/none.txt', 'w').close()", [])]
    )
    def test_what_a_library_looks_for_in_vain(
        self, project, more: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project.write("site-packages/lib!.py", "import os\ndef look(path): return os.path.exists(path)\n")
        monkeypatch.syspath_prepend(str(project.root / "site-packages"))
        project.write("data/a.txt", "a")
        body = "import lib! as lib; [lib.look(one) for one in ('data/a.txt', 'data/none.txt', 'settings.ini')]"
        assert self.run(project, body + more).reads == tuple(str(project.root / one) for one in expected)

    def test_imports_list_nothing(self, project) -> None:
        project.write("pack!/__init__.py", "")
        project.write("pack!/inner.py", "import importlib.metadata; importlib.metadata.version('pytest')\n")
        observed = project.observe(lambda: importlib.import_module(f"{project.name('pack')}.inner"))
        assert observed.listings == ()
        assert observed.reads == ()

    def test_after_exit_nothing_is_recorded(self, project) -> None:
        path = project.write("a.txt", "a")
        observation = observe([str(project.root)])
        with observation:
            pass
        path.read_text()
        assert observation.observed.reads == ()


class TestSettling:
    def run(self, project, body: str) -> Observed:
        project.write(
            "asker!.py", f"import os\nfrom pathlib import Path\ndef run():\n{textwrap.indent(body, '    ')}\n"
        )
        project.write("data/a.txt", "a")
        return project.observe(project.load("asker").run)

    @pytest.mark.parametrize(
        ("body", "directories"),
        [
            ("os.path.isdir('data')", ["data"]),
            ("Path('data/').exists(), Path('.').is_dir()", ["data"]),
            ("os.path.isdir('data'); os.path.exists('data/flag')", ["data"]),
            ("os.path.isdir('data'); os.listdir('data')", []),
            ("os.path.isdir('data'); open('data/out.txt', 'w').close()", []),
            ("os.path.isdir('data'); os.makedirs('data/x/y')", []),
            ("os.mkdir('made'); os.path.isdir('made')", []),
            ("os.path.isdir('none')", []),
        ],
    )
    def test_directories_that_are_only_asked_for(self, project, body: str, directories: list[str]) -> None:
        assert self.run(project, body).directories == tuple(str(project.root / one) for one in directories)

    def test_source_that_is_asked_for_and_then_imported(self, project) -> None:
        project.write("plugin!.py", "")
        other = project.write("other!.py", "")
        project.write(
            "loads!.py",
            """\
            import os
            HERE = os.path.exists("plugin!.py"), os.path.exists("other!.py")
            import plugin!
            """,
        )
        observed = project.observe(lambda: project.load("loads"))
        assert observed.reads == (str(other),)
        assert [read.name for read in observed.imports] == [str(other)]


def test_trouble_in_the_hook_does_not_reach_the_project(project, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project.write("a.txt", "a")
    monkeypatch.setattr(auditing.Access, "_opened", lambda *_: 1 / 0)
    with observe([str(project.root)]) as observation:
        assert path.read_text() == "a"
    assert observation.observed.missing == ("open: ZeroDivisionError('division by zero')",)


class TestAccess:
    """Events as CPython tells them, without the hook."""

    @pytest.fixture
    def access(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Access:
        """An access with one root: a directory ``data``, a file ``a`` and a module ``m.pyc`` in it."""
        monkeypatch.chdir(tmp_path)
        Path("data").mkdir()
        for name in ("a", "m.pyc"):
            Path(name).touch()
        self.notes: list[tuple[str, str, FrameType]] = []
        return Access((str(tmp_path),), lambda _: True, lambda *note: self.notes.append(note))

    @pytest.mark.parametrize(
        ("event", "args", "reads"),
        [
            ("open", ("a", "r", os.O_RDONLY), ["a"]),
            ("open", ("a", "r", os.O_RDONLY | os.O_CLOEXEC), ["a"]),
            ("open", ("none", "r", os.O_RDONLY), ["none"]),
            ("open", ("a", "r+", os.O_RDWR), ["a"]),
            ("open", ("none", "w+", os.O_RDWR | os.O_CREAT), []),
            ("open", ("a", "w+", os.O_RDWR | os.O_TRUNC), []),
            ("open", ("a", "w", os.O_WRONLY), []),
            ("open", ("data", None, os.O_RDONLY), []),
            ("open", (7, "r", os.O_RDONLY), []),
            ("open", ("m.pyc", "rb", os.O_RDONLY), []),
            ("os.link", ("a", "b", -1, -1), ["a"]),
            ("os.rename", ("a", "b", -1, -1), []),
            ("sqlite3.connect", ("a",), ["a"]),
            ("sqlite3.connect", ("file:a?mode=ro",), ["a"]),
            ("sqlite3.connect", ("none",), []),
            ("ctypes.dlopen", ("a",), ["a"]),
            ("ctypes.dlopen", (None,), []),
            ("ctypes.dlopen", ("none",), []),
            ("ctypes.dlopen", ("data",), []),
            ("import", ("m", "a", None, None, None), ["a"]),
            ("os.system", ("sort a > b",), ["a"]),
        ],
    )
    def test_events(self, access: Access, event: str, args: tuple[object, ...], reads: list[str]) -> None:
        access.handle(event, args, sys._getframe())
        assert list(access.reads) == [os.path.abspath(name) for name in reads]

    @pytest.mark.parametrize(
        ("event", "args", "path"),
        [
            ("open", ("b", "w", os.O_WRONLY), "b"),
            ("open", ("b", "w+", os.O_RDWR | os.O_CREAT), "b"),
            ("os.link", ("a", "b", -1, -1), "b"),
            ("os.rename", ("a", "b", -1, -1), "b"),
            ("os.rename", ("data", "moved", -1, -1), "moved/b"),
            ("os.mkdir", ("made", 0o777, -1), "made/b"),
            ("sqlite3.connect", ("b",), "b"),
            ("os.system", ("sort a > b",), "b"),
        ],
    )
    def test_own_output_is_no_read(self, access: Access, event: str, args: tuple[object, ...], path: str) -> None:
        access.handle(event, args, sys._getframe())
        access.handle("open", (path, "r", os.O_RDONLY), sys._getframe())
        access.asked(path, None, 0, sys._getframe())
        access.settle()
        assert os.path.abspath(path) not in access.reads
        assert not access.executed(os.path.abspath(path))

    def test_each_read_is_noted_with_its_frame(self, access: Access) -> None:
        frame = sys._getframe()
        for _ in range(2):
            access.handle("open", ("a", "r", os.O_RDONLY), frame)
        access.handle("os.listdir", ("data",), frame)
        access.asked("none", None, 0, frame)
        file, data, none = map(os.path.abspath, ("a", "data", "none"))
        assert self.notes == [("file", file, frame)] * 2 + [("listing", data, frame), ("file", none, frame)]
        assert list(access.reads) == [file]

    def test_missing_file_that_became_a_directory_is_dropped(self, access: Access) -> None:
        for name in ("soon", "never"):
            access.asked(name, None, 0, sys._getframe())
        os.mkdir("soon")
        assert access.settle() == {os.path.abspath("soon")}
        assert list(access.reads) == [os.path.abspath("never")]

    def test_root_is_never_asked_for(self, access: Access, tmp_path: Path) -> None:
        access.asked(str(tmp_path), None, os.stat(tmp_path).st_mode, sys._getframe())
        access.settle()
        assert not access.directories

    def test_files_that_were_executed(self, access: Access) -> None:
        assert access.executed(os.path.abspath("tool.py"))
        assert access.executed("/elsewhere/tool.py")
        assert not access.executed("/usr/lib/tool.py")
        assert list(access.reads) == [os.path.abspath("tool.py"), "/elsewhere/tool.py"]


class TestHook:
    @pytest.fixture
    def pair(self, tmp_path: Path) -> Iterator[tuple[Access, Access]]:
        (tmp_path / "a").touch()
        pair = tuple(Access((str(tmp_path),), lambda _: True, lambda *_: None) for _ in range(2))
        yield pair
        for access in pair:
            access.stop()

    def test_all_that_are_active_hear_it(self, pair: tuple[Access, Access], tmp_path: Path) -> None:
        one, two = pair
        one.start()
        two.start()
        (tmp_path / "a").read_text()
        one.stop()
        (tmp_path / "b").touch()
        os.listdir(tmp_path)
        two.stop()
        os.listdir(tmp_path)
        assert list(one.reads) == list(two.reads) == [str(tmp_path / "a")]
        assert not one.listings
        assert list(two.listings) == [str(tmp_path)]

    def test_one_hook_for_all(
        self, pair: tuple[Access, Access], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        for access in pair:
            access.start()
            access.stop()
        added: list[object] = []
        monkeypatch.setattr(sys, "addaudithook", added.append)
        pair[0].start()
        assert added == []
