"""What a run of project code did is recorded; what others did is not."""

import gc
import importlib
import itertools
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import textwrap
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import blake3
import pytest

from pivot_fingerprint import observation as observing
from pivot_fingerprint.access import file_digest, listing_digest
from pivot_fingerprint.environment import variable_digest
from pivot_fingerprint.observe import observe
from pivot_fingerprint.parts import Observed

# the projects below leave files open, as people do
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning", "ignore:.*fork.*:DeprecationWarning"
)

_numbers = itertools.count()


class Project:
    """A directory on the import path whose modules have names that no other test uses."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.suffix = f"_{next(_numbers)}"

    def name(self, module: str) -> str:
        return module + self.suffix

    def write(self, path: str, text: str) -> Path:
        """Write a file; in text and path, ``name!`` becomes the unique name of a module."""
        file = self.root / path.replace("!", self.suffix)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).replace("!", self.suffix))
        importlib.invalidate_caches()
        return file

    def load(self, module: str) -> ModuleType:
        return importlib.import_module(self.name(module))

    def observe(self, action: Callable[[], object], **options: Any) -> Observed:
        with observe([str(self.root)], **options) as observation:
            action()
        observed = observation.observed
        assert observed.missing == ()
        # the functions of this file are project code too: they are neither standard library nor installed
        mine = {entry for entry in observed.functions if entry.module == __name__}
        return observed._replace(
            functions=tuple(entry for entry in observed.functions if entry not in mine),
            sources=tuple(source for source in observed.sources if source[0] != __name__),
        )


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    made = Project(tmp_path)
    yield made
    for name in [name for name in sys.modules if made.suffix in name]:
        del sys.modules[name]


def names(observed: Observed) -> set[str]:
    return {entry.qualname for entry in observed.functions}


class TestFunctions:
    SOURCE = """
        def outer(n):
            def inner(): return n
            return inner()

        def unused(): ...

        def generate():
            yield from (i for i in range(2))

        double = lambda x: x * 2

        def make():
            class Local:
                def method(self): return 1
            return Local().method()

        class Model:
            def fit(self): return self
            @property
            def score(self): return 1
            def never(self): ...

        async def go(): return 1

        def run():
            outer(1), list(generate()), double(2), make(), Model().fit().score
            try: go().send(None)
            except StopIteration: pass
    """

    def test_every_form(self, project: Project) -> None:
        project.write("forms!.py", self.SOURCE)
        module = project.load("forms")
        observed = project.observe(module.run)
        assert names(observed) == {
            "run", "outer", "outer.<locals>.inner", "generate", "generate.<locals>.<genexpr>", "<lambda>", "make",
            "make.<locals>.Local", "make.<locals>.Local.method", "Model.fit", "Model.score", "go",
        }  # fmt: skip
        assert (project.name("forms"), "<lambda>", 11) in observed.functions
        assert observed.sources == ((project.name("forms"), str(project.root / f"{project.name('forms')}.py")),)
        assert observed.modules == ()

    def test_each_observation_sees_them_anew(self, project: Project) -> None:
        project.write("again!.py", "def f(): return g()\ndef g(): return 1\n")
        module = project.load("again")
        first, second = project.observe(module.f), project.observe(module.f)
        assert names(first) == {"f", "g"}
        assert first == second
        assert project.observe(lambda: None).functions == ()

    def test_nested_observations(self, project: Project) -> None:
        project.write("nest!.py", "def f(): ...\ndef g(): ...\ndef h(): ...\n")
        module = project.load("nest")
        with observe([str(project.root)]) as outer:
            module.f()
            with observe([str(project.root)]) as inner:
                module.f()
                module.g()
            module.h()
        assert names(inner.observed) == {"f", "g"}
        assert names(outer.observed) == {"f", "g", "h"}

    def test_observation_that_ends_by_an_exception(self, project: Project) -> None:
        project.write("fails!.py", "def f(): raise ValueError\n")
        module = project.load("fails")
        observation = observe([str(project.root)])
        with pytest.raises(ValueError), observation:
            module.f()
        assert names(observation.observed) == {"f"}
        assert sys.monitoring.get_tool(3) is None

    def test_other_threads(self, project: Project) -> None:
        project.write("thread!.py", "def f(): ...\n")
        module = project.load("thread")

        def run() -> None:
            thread = threading.Thread(target=module.f)
            thread.start()
            thread.join()

        assert names(project.observe(run)) == {"f"}

    def test_standard_library_and_installed_code_are_not_recorded(self, project: Project) -> None:
        project.write("lib/site-packages/installed!.py", "def f(): ...\n")
        sys.path.append(str(project.root / "lib" / "site-packages"))
        try:
            module = project.load("installed")
        finally:
            sys.path.pop()
        observed = project.observe(lambda: (module.f(), textwrap.dedent(" x")))
        assert observed.functions == ()

    def test_code_in_globals_without_a_name(self, project: Project) -> None:
        path = project.write("nameless!.py", "def f(): ...\n")
        project.load("nameless")
        space: dict[str, Any] = {"__builtins__": {}}
        exec(compile(path.read_text(), str(path), "exec"), space)
        assert project.observe(space["f"]).functions == ((project.name("nameless"), "f", 1),)

    def test_without_functions(self, project: Project) -> None:
        project.write("quiet!.py", "def f(): ...\nf()\n")
        observed = project.observe(lambda: project.load("quiet").f(), functions=False)
        assert observed.functions == ()
        assert [name for name, _ in observed.modules] == [project.name("quiet")]

    def test_nothing_is_kept_alive(self, project: Project) -> None:
        project.write("mortal!.py", "def make():\n    def f(): ...\n    return f\n")
        made = project.load("mortal").make()
        project.observe(made)
        gone = weakref.ref(made)
        del made
        gc.collect()
        assert gone() is None

    def test_beside_other_tools(self, project: Project) -> None:
        project.write("tools!.py", "def f(): ...\n")
        module = project.load("tools")
        monitoring = sys.monitoring
        seen: list[str] = []
        for tool in (monitoring.COVERAGE_ID, 3):
            monitoring.use_tool_id(tool, f"test {tool}")
            monitoring.register_callback(tool, monitoring.events.PY_START, lambda code, _: seen.append(code.co_name))
            monitoring.set_events(tool, monitoring.events.PY_START)
        traced: list[str] = []
        sys.setprofile(lambda frame, event, _: traced.append(frame.f_code.co_name) if event == "call" else None)
        try:
            observed = project.observe(lambda: (module.f(), module.f()))
            module.f()
        finally:
            sys.setprofile(None)
            for tool in (monitoring.COVERAGE_ID, 3):
                monitoring.set_events(tool, 0)
                monitoring.register_callback(tool, monitoring.events.PY_START, None)
                monitoring.free_tool_id(tool)
        assert names(observed) == {"f"}
        assert seen.count("f") == 6
        assert traced.count("f") == 3

    def test_all_tool_identifiers_taken(self, project: Project) -> None:
        project.write("taken!.py", "def f(): open('a.txt').close()\n")
        project.write("a.txt", "a")
        module = project.load("taken")
        taken = [tool for tool in range(6) if sys.monitoring.get_tool(tool) is None]
        for tool in taken:
            sys.monitoring.use_tool_id(tool, "test")
        try:
            with observe([str(project.root)]) as observation:
                module.f()
        finally:
            for tool in taken:
                sys.monitoring.free_tool_id(tool)
        assert observation.observed.functions == ()
        assert observation.observed.missing == ("functions: every tool identifier of sys.monitoring is taken",)
        assert observation.observed.reads == (str(project.root / "a.txt"),)

    def test_next_owner_of_the_tool_identifier_inherits_nothing(self, project: Project) -> None:
        project.write("owner!.py", "def f(): ...\n")
        module = project.load("owner")
        project.observe(module.f)
        seen: list[str] = []
        sys.monitoring.use_tool_id(3, "test")
        sys.monitoring.register_callback(3, sys.monitoring.events.PY_START, lambda code, _: seen.append(code.co_name))
        sys.monitoring.set_events(3, sys.monitoring.events.PY_START)
        module.f()
        sys.monitoring.set_events(3, 0)
        sys.monitoring.register_callback(3, sys.monitoring.events.PY_START, None)
        sys.monitoring.free_tool_id(3)
        assert "f" in seen


class TestModules:
    def test_imported_meanwhile(self, project: Project) -> None:
        project.write("before!.py", "X = 1\n")
        project.write("pack!/__init__.py", "")
        inner = project.write("pack!/inner.py", "from before! import X\nimport json\n")
        project.load("before")
        observed = project.observe(lambda: importlib.import_module(f"{project.name('pack')}.inner"))
        package = project.name("pack")
        assert observed.modules == (
            (package, str(project.root / package / "__init__.py")),
            (f"{package}.inner", str(inner)),
        )

    def test_removed_from_sys_modules_and_reloaded(self, project: Project) -> None:
        path = project.write("gone!.py", "X = 1\n")
        kept = project.write("kept!.py", "X = 1\n")
        project.load("kept")

        def run() -> None:
            del sys.modules[project.load("gone").__name__]
            importlib.reload(project.load("kept"))

        assert project.observe(run).modules == ((project.name("gone"), str(path)), (project.name("kept"), str(kept)))


class TestReads:
    def run(self, project: Project, body: str) -> Observed:
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
    def test_ways_to_read(self, project: Project, body: str) -> None:
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
            "open('.git/HEAD').read(); open('.pivot/state').read(); open('.venv/lib/site-packages/ca.pem').read()",
        ],
    )
    def test_no_reads(self, project: Project, body: str) -> None:
        for path in ("data/a.txt", ".git/HEAD", ".pivot/state", ".venv/lib/site-packages/ca.pem"):
            project.write(path, "a")
        observed = self.run(project, body)
        assert observed.reads == ()
        assert observed.listings == ()

    def test_read_before_it_is_written(self, project: Project) -> None:
        path = project.write("count.txt", "1")
        observed = self.run(project, "n = int(open('count.txt').read()); open('count.txt', 'w').write(str(n + 1))")
        assert observed.reads == (str(path),)

    def test_missing_file_is_a_read(self, project: Project) -> None:
        observed = self.run(project, "try: open('override.json')\nexcept FileNotFoundError: pass")
        assert observed.reads == (str(project.root / "override.json"),)

    def test_directory_that_exists_is_not_made(self, project: Project) -> None:
        path = project.write("data/a.txt", "a")
        observed = self.run(project, "os.makedirs('data', exist_ok=True); open('data/a.txt').read()")
        assert observed.reads == (str(path),)

    def test_source_read_as_data(self, project: Project) -> None:
        path = project.write("helper!.py", "X = 1")
        observed = self.run(project, f"exec(open({str(path)!r}).read(), {{}})")
        assert observed.reads == (str(path),)

    def test_data_of_a_package(self, project: Project) -> None:
        project.write("pack!/__init__.py", "")
        path = project.write("pack!/table.json", "{}")
        observed = self.run(project, f"import pkgutil; pkgutil.get_data({project.name('pack')!r}, 'table.json')")
        assert observed.reads == (str(path),)

    def test_database(self, project: Project) -> None:
        path = project.root / "d.db"
        sqlite3.connect(path).close()
        path.touch()
        assert self.run(project, "sqlite3.connect('file:d.db?mode=ro', uri=True).close()").reads == (str(path),)

    def test_outside_the_roots(self, project: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
        outside = tmp_path_factory.mktemp("outside") / "a.txt"
        outside.write_text("a")
        assert self.run(project, f"open({str(outside)!r}).read()").reads == ()

    def test_root_through_a_link(self, project: Project) -> None:
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
    def test_listings(self, project: Project, body: str) -> None:
        project.write("data/a.txt", "a")
        assert self.run(project, body).listings == (str(project.root / "data"),)

    def test_imports_list_nothing(self, project: Project) -> None:
        project.write("pack!/__init__.py", "")
        project.write("pack!/inner.py", "import importlib.metadata; importlib.metadata.version('pytest')\n")
        observed = project.observe(lambda: importlib.import_module(f"{project.name('pack')}.inner"))
        assert observed.listings == ()
        assert observed.reads == ()

    def test_after_exit_nothing_is_recorded(self, project: Project) -> None:
        path = project.write("a.txt", "a")
        observation = observe([str(project.root)])
        with observation:
            pass
        path.read_text()
        assert observation.observed.reads == ()


class TestQuestions:
    SETUP = "import filecmp, glob, logging, os, pathlib, shutil, sys, tempfile, zipfile\nfrom pathlib import Path\n"

    def run(self, project: Project, body: str) -> Observed:
        project.write("asker!.py", self.SETUP + f"def run():\n{textwrap.indent(body, '    ')}\n")
        project.write("data/a.txt", "a")
        project.write("data/link.txt", "").unlink()
        (project.root / "data" / "link.txt").symlink_to("a.txt")
        return project.observe(project.load("asker").run)

    @pytest.mark.parametrize(
        ("body", "reads"),
        [
            ("os.path.exists('flag')", "flag"),
            ("os.path.isfile('no/flag')", "no/flag"),
            ("os.path.isdir('flag')", "flag"),
            ("Path('flag').is_file()", "flag"),
            ("Path('flag').exists()", "flag"),
            ("os.access('flag', os.F_OK)", "flag"),
            ("os.path.lexists('flag')", "flag"),
            ("glob.glob('flag')", "flag"),
            ("list(map(os.path.exists, ['flag']))", "flag"),
            ("exec(\"os.path.exists('flag')\")", "flag"),
            ("try: os.stat('flag')\nexcept FileNotFoundError: pass", "flag"),
            ("os.chdir('data'); os.path.exists('flag'); os.chdir('..')", "data/flag"),
            ("d = os.open('data', os.O_RDONLY)\nos.access('flag', 0, dir_fd=d), os.close(d)", "data/flag"),
            ("os.path.getsize('data/a.txt')", "data/a.txt"),
            ("os.path.getmtime('data/a.txt')", "data/a.txt"),
            ("os.stat('data/a.txt')", "data/a.txt"),
            ("os.stat(b'data/a.txt')", "data/a.txt"),
            ("Path('data/../data/a.txt').stat().st_size", "data/a.txt"),
            ("os.path.islink('data/link.txt')", "data/link.txt"),
            ("os.path.samefile('data/a.txt', 'data/a.txt')", "data/a.txt"),
            ("if not os.path.exists('flag'): open('flag', 'w').close()", "flag"),
            ("shutil.which('tool', path='data')", "data/tool"),
        ],
    )
    def test_ways_to_ask(self, project: Project, body: str, reads: str) -> None:
        assert self.run(project, body).reads == (str(project.root / reads),)

    @pytest.mark.parametrize(
        "body",
        [
            "os.path.isdir('data')",
            "open('new.txt', 'w').close(); os.path.getsize('new.txt')",
            "os.makedirs('x/y/z', exist_ok=True); os.path.exists('x/y/z/new.txt')",
            "if not os.path.exists('made'): os.mkdir('made')",
            "os.path.getmtime(__file__), Path(__file__).exists()",
            "os.path.exists('.git/HEAD'), os.path.exists('.pivot/x'), os.path.exists('__pycache__/x.pyc')",
            "Path('data/a.txt').resolve(), os.path.realpath('flag')",
            "os.path.exists('/etc/passwd'), os.path.exists('/nowhere/at/all')",
            "shutil.rmtree('data')",
            "tempfile.NamedTemporaryFile(dir='data').close()",
            "logging.getLogger('x').warning('y', stack_info=True)",
            "import warnings; warnings.warn('x')",
            "os.path.exists(0)",
        ],
    )
    @pytest.mark.filterwarnings("ignore:x")
    def test_no_reads(self, project: Project, body: str) -> None:
        for path in (".git/HEAD", ".pivot/x"):
            project.write(path, "")
        assert self.run(project, body).reads == ()

    @pytest.mark.parametrize(
        "body",
        [
            "shutil.copy('data/a.txt', 'copy.txt')",
            "shutil.copytree('data', 'copy', symlinks=True)",
            "z = zipfile.ZipFile('z', 'w'); z.write('data/a.txt'); z.close(); zipfile.ZipFile('z').extractall('out')",
        ],
    )
    def test_copies_ask_nothing_of_their_target(self, project: Project, body: str) -> None:
        assert self.run(project, body).reads == (str(project.root / "data" / "a.txt"),)

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
    def test_directories_that_are_only_asked_for(self, project: Project, body: str, directories: list[str]) -> None:
        assert self.run(project, body).directories == tuple(str(project.root / one) for one in directories)

    def test_libraries_ask_for_themselves_unless_they_read_settings(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("lib!", "decouple"):
            project.write(f"site-packages/{name}.py", "import os\ndef ask(name): return os.path.exists(name)\n")
        monkeypatch.syspath_prepend(str(project.root / "site-packages"))
        monkeypatch.delitem(sys.modules, "decouple", raising=False)
        body = f"import decouple, {project.name('lib')} as lib; lib.ask('flag'); decouple.ask('.env')"
        assert self.run(project, body).reads == (str(project.root / ".env"),)
        monkeypatch.delitem(sys.modules, "decouple")

    def test_thread_that_executes_the_standard_library_only(self, project: Project) -> None:
        body = "import threading; t = threading.Thread(target=os.path.exists, args=['flag']); t.start(); t.join()"
        assert self.run(project, body).reads == (str(project.root / "flag"),)

    def test_imports_ask_nothing(self, project: Project) -> None:
        project.write("pack!/__init__.py", "try: import no_such_thing\nexcept ImportError: pass\n")
        project.write("pack!/inner.py", "import importlib.util; importlib.util.find_spec('no_such_thing')\n")
        observed = project.observe(lambda: importlib.import_module(f"{project.name('pack')}.inner"))
        assert observed.reads == ()
        assert observed.directories == ()
        assert observed.imports == ()

    def test_source_that_is_asked_for_and_then_imported(self, project: Project) -> None:
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

    def test_questions_while_a_module_is_imported(self, project: Project) -> None:
        path = project.write("there.txt", "x")
        project.write("loads!.py", "import os\nA = os.path.exists('flag')\nB = os.path.getsize('there.txt')\n")
        observed = project.observe(lambda: project.load("loads"))
        assert observed.imports == (
            ("file", str(project.root / "flag"), None, project.name("loads"), 2),
            ("file", str(path), blake3.blake3(b"x").hexdigest(), project.name("loads"), 3),
        )


class TestCommands:
    def run(self, project: Project, body: str) -> Observed:
        project.write(
            "runner!.py", f"import asyncio, os, subprocess, sys\ndef run():\n{textwrap.indent(body, '    ')}\n"
        )
        project.write("script.py", "")
        for path in ("data/a.txt", "b.txt"):
            project.write(path, "x")
        return project.observe(project.load("runner").run)

    @pytest.mark.parametrize(
        ("body", "reads"),
        [
            ("subprocess.run([sys.executable, '-S', 'script.py'])", ["script.py"]),
            ("subprocess.run([sys.executable, '-S', '-m', 'script'])", ["script.py"]),
            ("subprocess.run(['true', 'data/a.txt', '--more=b.txt'])", ["b.txt", "data/a.txt"]),
            ("subprocess.run(['true', 'a.txt', 'b.txt'], cwd='data')", ["data/a.txt"]),
            ("subprocess.run('true < data/a.txt', shell=True)", ["data/a.txt"]),
            ("os.system('true b.txt')", ["b.txt"]),
            ("os.waitpid(os.posix_spawnp('true', ['true', 'b.txt'], os.environ), 0)", ["b.txt"]),
            ("async def go(): await asyncio.create_subprocess_exec('true', 'b.txt')\nasyncio.run(go())", ["b.txt"]),
            ("subprocess.run(['true', 'none.txt', 'data', os.devnull, '.git/x', 'a' * 5000])", []),
            ("open('b.txt', 'w').close(); subprocess.run(['true', 'b.txt'])", []),
            ("os.system('echo x > b.txt'); open('b.txt').read()", []),
        ],
    )
    def test_files_that_are_named(self, project: Project, body: str, reads: list[str]) -> None:
        observed = self.run(project, body)
        assert observed.reads == tuple(str(project.root / path) for path in reads)

    def test_names_that_the_shell_finds(self, project: Project) -> None:
        observed = self.run(project, "os.system('true data/*.txt')")
        assert observed.reads == (str(project.root / "data" / "a.txt"),)
        assert observed.listings == (str(project.root / "data"),)

    def test_libraries_of_other_languages(self, project: Project) -> None:
        path = project.write("lib.so", "no library")
        observed = self.run(project, "import ctypes\ntry: ctypes.CDLL('./lib.so')\nexcept OSError: pass")
        assert observed.reads == (str(path),)


class TestFilesWithoutAName:
    """Code of files that no import leads to is a read as a whole; its functions are not told by a wrong name."""

    BODY = """\
        import importlib.util, pathlib, runpy, sys, types
        from importlib.machinery import SourceFileLoader
        def script(): return runpy.run_path("extra/tool.py")["go"]()
        def script_as_main(): return runpy.run_path("extra/tool.py", run_name="__main__")["go"]()
        def spec():
            spec = importlib.util.spec_from_file_location("tool!", "extra/tool.py")
            tool = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(tool)
            return tool.go()
        def spec_and_name():
            spec = importlib.util.spec_from_file_location("tool!", "extra/tool.py")
            tool = sys.modules["tool!"] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(tool)
            return tool.go()
        def loader(): return SourceFileLoader("tool!", "extra/tool.py").load_module().go()
        def text():
            space = {}
            exec(compile(open("extra/tool.py").read(), "extra/tool.py", "exec"), space)
            return space["go"]()
        def text_elsewhere():
            path = str(pathlib.Path("extra/tool.py").absolute())
            exec(compile(open(path).read(), path, "exec"), globals())
            return go()
        def tokens():
            import tokenize
            with tokenize.open("extra/tool.py") as file: exec(file.read(), {})
        """

    @pytest.mark.parametrize(
        "way", ["script", "script_as_main", "spec", "spec_and_name", "loader", "text", "text_elsewhere", "tokens"]
    )
    @pytest.mark.filterwarnings("ignore:.*load_module:DeprecationWarning")
    def test_ways(self, project: Project, way: str) -> None:
        path = project.write("extra/tool.py", "def go(): return 1\n")
        project.write("loads!.py", self.BODY)
        module = project.load("loads")
        observed = project.observe(getattr(module, way))
        assert observed.reads == (str(path),)
        assert names(observed) == {way}

    def test_loaded_before(self, project: Project) -> None:
        path = project.write("extra/tool.py", "def go(): return 1\n")
        project.write("loads!.py", self.BODY)
        project.load("loads").spec_and_name()
        assert project.observe(project.load("tool").go).reads == (str(path),)

    def test_while_a_module_is_imported(self, project: Project) -> None:
        path = project.write("extra/tool.py", "X = 1\n")
        project.write("loads!.py", "import runpy\nX = runpy.run_path('extra/tool.py')['X']\n")
        observed = project.observe(lambda: project.load("loads"), functions=False)
        digest = blake3.blake3(b"X = 1\n").hexdigest()
        assert observed.imports == (("file", str(path), digest, project.name("loads"), 2),)

    def test_file_that_the_process_wrote(self, project: Project) -> None:
        project.write("loads!.py", "import runpy\ndef run():\n  open('t.py', 'w').close()\n  runpy.run_path('t.py')\n")
        assert project.observe(project.load("loads").run).reads == ()

    def test_names_lead_to_packages_with_a_path_of_their_own(self, project: Project) -> None:
        project.write("pack!/__init__.py", "import os; __path__.append(os.path.join(__path__[0], 'more'))\n")
        project.write("pack!/more/inner.py", "def go(): ...\n")
        inner = importlib.import_module(f"{project.name('pack')}.inner")
        observed = project.observe(inner.go)
        assert names(observed) == {"go"}
        assert observed.reads == ()


class TestEnvironment:
    def run(self, project: Project, body: str, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Observed:
        monkeypatch.setenv("SOME_SETTING", "secret")
        project.write(
            "settings!.py", f"import os\nfrom os import environ, getenv\ndef run():\n{textwrap.indent(body, '    ')}"
        )
        return project.observe(project.load("settings").run, **options)

    @pytest.mark.parametrize(
        "body",
        [
            "os.environ['SOME_SETTING']",
            "environ['SOME_SETTING']",
            "os.environ.get('SOME_SETTING', 'x')",
            "getenv('SOME_SETTING')",
            "os.getenvb(b'SOME_SETTING')",
            "os.environb[b'SOME_SETTING']",
            "'SOME_SETTING' in environ",
            "'SOME_SETTING' in environ.keys()",
            "environ.setdefault('SOME_SETTING', 'y')",
            "environ.pop('SOME_SETTING')",
            "os.path.expandvars('$SOME_SETTING/data')",
            "import string; string.Template('$SOME_SETTING').substitute(environ)",
            "for _ in range(2): environ.get('SOME_SETTING')",
        ],
    )
    def test_ways_to_read(self, project: Project, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
        observed = self.run(project, body, monkeypatch)
        assert observed.env == (("SOME_SETTING", variable_digest("SOME_SETTING", {"SOME_SETTING": "secret"})),)
        assert "secret" not in repr(observed)

    @pytest.mark.parametrize(
        "body", ["dict(environ)", "{**environ}", "environ.copy()", "list(environ)", "environ | {}",
                 "[*environ.items()]", "[*environ.values()]",
                 "{k: v for k, v in environ.items() if k.startswith('APP_')}"],
    )  # fmt: skip
    def test_the_whole_environment(self, project: Project, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
        assert [name for name, _ in self.run(project, body, monkeypatch).env] == ["*"]

    @pytest.mark.parametrize(
        "body",
        [
            "environ['OWN'] = '1'; environ['OWN']",
            "os.path.expanduser('~/x')",
            "import tempfile; tempfile.gettempdir()",
            "import shutil; shutil.which('ls')",
            "len(environ), repr(environ)",
        ],
    )
    def test_no_reads(self, project: Project, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("OWN", raising=False)
        assert self.run(project, body, monkeypatch).env == ()

    def test_unset(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("NOT_SET_AT_ALL", raising=False)
        observed = self.run(project, "environ.get('NOT_SET_AT_ALL')", monkeypatch)
        assert observed.env == (("NOT_SET_AT_ALL", None),)

    def test_value_that_the_process_set_later_is_not_the_input(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        observed = self.run(
            project, "a = environ['SOME_SETTING']; environ['SOME_SETTING'] = 'b'; list(environ)", monkeypatch
        )
        assert dict(observed.env)["SOME_SETTING"] == variable_digest("SOME_SETTING", {"SOME_SETTING": "secret"})

    def test_third_party_reads_do_not_count(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        project.write("site-packages/lib!.py", "import os\ndef home(): return os.environ.get('SOME_SETTING')\n")
        monkeypatch.syspath_prepend(str(project.root / "site-packages"))
        assert self.run(project, f"import {project.name('lib')} as lib; lib.home()", monkeypatch).env == ()

    def test_errors_stay_as_they_are(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("NOT_SET_AT_ALL", raising=False)
        with observe([str(project.root)]):
            with pytest.raises(KeyError, match="NOT_SET_AT_ALL"):
                os.environ["NOT_SET_AT_ALL"]
            with pytest.raises(TypeError, match="str expected"):
                os.environ[1]  # type: ignore[index]  # the wrong type is the point

    def test_class_is_given_back(self, project: Project) -> None:
        before = type(os.environ)
        with observe([]), observe([]):
            assert type(os.environ) is not before
            assert isinstance(os.environ, before)
        assert type(os.environ) is before

    def test_key_changes_the_digest(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        one = self.run(project, "environ['SOME_SETTING']", monkeypatch, key=b"one")
        two = self.run(project, "environ['SOME_SETTING']", monkeypatch, key=b"two" * 20)
        assert one.env != two.env
        assert one.env[0][1] == variable_digest("SOME_SETTING", {"SOME_SETTING": "secret"}, key=b"one")

    def test_whole_environment_without_the_session(self) -> None:
        plain = {"A": "1", "B": "2"}
        assert variable_digest("*", plain) == variable_digest("*", {"B": "2", "A": "1", "SSH_TTY": "x", "SHLVL": "3"})
        assert variable_digest("*", plain) != variable_digest("*", {"A": "1", "B": "3"})
        assert variable_digest("*", {"A": "1B", "C": "2"}) != variable_digest("*", {"A": "1", "BC": "2"})


class TestImports:
    def test_reads_while_a_module_is_imported(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SOME_SETTING", "v")
        config = project.write("config.json", "{}")
        project.write("loading!.py", "def load(p):\n    with open(p) as f: return f.read()\n")
        project.write(
            "settings!.py",
            """\
            import os
            from loading! import load

            CONFIG = load("config.json")
            FILES = os.listdir(".")
            DEBUG = os.getenv("SOME_SETTING")
            def later(): return open("later.txt").read()
            """,
        )
        project.write("later.txt", "x")
        observed = project.observe(lambda: project.load("settings").later())
        module = project.name("settings")
        assert observed.imports == (
            ("file", str(config), blake3.blake3(b"{}").hexdigest(), module, 4),
            ("listing", str(project.root), listing_digest(str(project.root)), module, 5),
            ("env", "SOME_SETTING", variable_digest("SOME_SETTING", {"SOME_SETTING": "v"}), module, 6),
        )
        assert observed.reads == (str(config), str(project.root / "later.txt"))

    def test_two_modules_that_read_the_same_file(self, project: Project) -> None:
        project.write("c.json", "{}")
        for name in ("one", "two"):
            project.write(f"{name}!.py", "C = open('c.json').read()\n")
        observed = project.observe(lambda: (project.load("one"), project.load("two")))
        assert [read.module for read in observed.imports] == [project.name("one"), project.name("two")]

    def test_digest_is_of_what_was_read(self, project: Project) -> None:
        project.write("c.json", "old")
        project.write("edits!.py", "C = open('c.json').read()\nopen('c.json', 'w').write('new')\n")
        observed = project.observe(lambda: project.load("edits"))
        assert observed.imports[0].digest == blake3.blake3(b"old").hexdigest()

    def test_module_that_runs_the_observation_is_not_being_imported(self, project: Project) -> None:
        project.write("c.json", "{}")
        project.write(
            "script!.py",
            """\
            from pivot_fingerprint.observe import observe
            with observe(["."]) as observation:
                open("c.json").close()
            """,
        )
        observed = project.load("script").observation.observed
        assert observed.imports == ()
        assert observed.reads == (str(project.root / "c.json"),)


class TestDigests:
    def test_files_and_listings(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("x")
        assert file_digest(str(tmp_path / "a")) == blake3.blake3(b"x").hexdigest()
        assert file_digest(str(tmp_path / "b")) is None
        assert file_digest(str(tmp_path)) is None
        before = listing_digest(str(tmp_path))
        (tmp_path / "__pycache__").mkdir()
        assert listing_digest(str(tmp_path)) == before
        (tmp_path / "b").touch()
        assert listing_digest(str(tmp_path)) != before
        assert listing_digest(str(tmp_path / "none")) is None


def _work(path: str) -> str:
    with open(path) as file:
        return file.read() + os.environ.get("SOME_SETTING", "")


def test_forked_children_work(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SETTING", "!")
    path = project.write("a.txt", "a")
    with observe([str(project.root)]) as observation, multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(_work, [str(path)] * 4) == ["a!"] * 4
    assert observation.observed.reads == ()


def test_import_is_cheap() -> None:
    heavy = {
        "dataclasses",
        "inspect",
        "ast",
        "json",
        "subprocess",
        "asyncio",
        "logging",
        "tempfile",
        "shutil",
        "threading",
    }
    script = (
        f"import sys; sys.path = {sys.path!r}; import pivot_fingerprint; before = set(sys.modules);"
        f"import pivot_fingerprint.observation; print(sorted({heavy!r} & (set(sys.modules) - before)))"
    )
    shown = subprocess.run([sys.executable, "-S", "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_trouble_in_the_hook_does_not_reach_the_project(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project.write("a.txt", "a")
    monkeypatch.setattr(observing.Access, "_opened", lambda *_: 1 / 0)
    with observe([str(project.root)]) as observation:
        assert path.read_text() == "a"
    assert observation.observed.missing == ("open: ZeroDivisionError('division by zero')",)
