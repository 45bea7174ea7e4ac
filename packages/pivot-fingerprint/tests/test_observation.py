"""An observation joins what its sources saw, and tells what happened while a module was being imported."""

import importlib
import os
import subprocess
import sys

import blake3
import pytest

from pivot_fingerprint.access import listing_digest
from pivot_fingerprint.environment import variable_digest
from pivot_fingerprint.observation import Observation
from pivot_fingerprint.parts import Observed

# the projects below leave files open, as people do
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning", "ignore:.*fork.*:DeprecationWarning"
)


def names(observed: Observed) -> set[str]:
    return {entry.qualname for entry in observed.functions}


class TestModules:
    def test_imported_meanwhile(self, project) -> None:
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

    def test_imported_while_others_are_removed(self, project) -> None:
        new = project.write("new!.py", "X = 1\n")
        for name in ("old", "last"):
            project.write(f"{name}!.py", "X = 1\n")
            project.load(name)

        def run() -> None:
            del sys.modules[project.name("old")], sys.modules[project.name("last")]
            for name in ("new", "last"):  # there are no more modules than before, and the last one has the same name
                project.load(name)

        observed = project.observe(run, functions=False)
        assert (project.name("new"), str(new)) in observed.modules

    def test_removed_from_sys_modules_and_reloaded(self, project) -> None:
        path = project.write("gone!.py", "X = 1\n")
        kept = project.write("kept!.py", "X = 1\n")
        project.load("kept")

        def run() -> None:
            del sys.modules[project.load("gone").__name__]
            importlib.reload(project.load("kept"))

        assert project.observe(run).modules == ((project.name("gone"), str(path)), (project.name("kept"), str(kept)))


class TestImports:
    def test_reads_while_a_module_is_imported(self, project, monkeypatch: pytest.MonkeyPatch) -> None:
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

    def test_two_modules_that_read_the_same_file(self, project) -> None:
        project.write("c.json", "{}")
        for name in ("one", "two"):
            project.write(f"{name}!.py", "C = open('c.json').read()\n")
        observed = project.observe(lambda: (project.load("one"), project.load("two")))
        assert [read.module for read in observed.imports] == [project.name("one"), project.name("two")]

    def test_digest_is_of_what_was_read(self, project) -> None:
        project.write("c.json", "old")
        project.write("edits!.py", "C = open('c.json').read()\nopen('c.json', 'w').write('new')\n")
        observed = project.observe(lambda: project.load("edits"))
        assert observed.imports[0].digest == blake3.blake3(b"old").hexdigest()

    def test_module_that_runs_the_observation_is_not_being_imported(self, project) -> None:
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
    def test_ways(self, project, way: str) -> None:
        path = project.write("extra/tool.py", "def go(): return 1\n")
        project.write("loads!.py", self.BODY)
        module = project.load("loads")
        observed = project.observe(getattr(module, way))
        assert observed.reads == (str(path),)
        assert names(observed) == {way}

    def test_loaded_before(self, project) -> None:
        path = project.write("extra/tool.py", "def go(): return 1\n")
        project.write("loads!.py", self.BODY)
        project.load("loads").spec_and_name()
        assert project.observe(project.load("tool").go).reads == (str(path),)

    def test_while_a_module_is_imported(self, project) -> None:
        path = project.write("extra/tool.py", "X = 1\n")
        project.write("loads!.py", "import runpy\nX = runpy.run_path('extra/tool.py')['X']\n")
        observed = project.observe(lambda: project.load("loads"), functions=False)
        digest = blake3.blake3(b"X = 1\n").hexdigest()
        assert observed.imports == (("file", str(path), digest, project.name("loads"), 2),)

    def test_file_that_the_process_wrote(self, project) -> None:
        project.write("loads!.py", "import runpy\ndef run():\n  open('t.py', 'w').close()\n  runpy.run_path('t.py')\n")
        assert project.observe(project.load("loads").run).reads == ()

    def test_names_lead_to_packages_with_a_path_of_their_own(self, project) -> None:
        project.write("pack!/__init__.py", "import os; __path__.append(os.path.join(__path__[0], 'more'))\n")
        project.write("pack!/more/inner.py", "def go(): ...\n")
        inner = importlib.import_module(f"{project.name('pack')}.inner")
        observed = project.observe(inner.go)
        assert names(observed) == {"go"}
        assert observed.reads == ()


def test_without_functions(project) -> None:
    project.write("quiet!.py", "def f(): ...\nf()\n")
    observed = project.observe(lambda: project.load("quiet").f(), functions=False)
    assert observed.functions == ()
    assert [name for name, _ in observed.modules] == [project.name("quiet")]


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


def test_roots_may_be_relative(project) -> None:
    path = project.write("a.txt", "a")
    with Observation(["."]) as observation:
        path.read_text()
    assert observation.observed.reads == (str(path),)


def test_what_is_missing_comes_from_every_source(monkeypatch: pytest.MonkeyPatch) -> None:
    observation = Observation([])
    with monkeypatch.context() as patch:
        patch.setattr(os, "environ", dict(os.environ))
        patch.setattr(os, "stat", lambda path, **_: None)
        patch.setattr(sys.monitoring, "get_tool", lambda _: "somebody")
        with observation:
            pass
    assert [text.partition(":")[0] for text in observation.observed.missing] == [
        "functions",
        "paths handed to libraries",
        "questions about files",
        "environment variables",
        "imports by computed names",
    ]
