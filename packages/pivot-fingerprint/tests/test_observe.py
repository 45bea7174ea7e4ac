"""From the one call that begins an observation: questions about files, and files that commands name."""

import multiprocessing
import os
import textwrap

import blake3
import pytest

from pivot_fingerprint.observe import observe
from pivot_fingerprint.parts import Observed

# the projects below leave files open, as people do
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning", "ignore:.*fork.*:DeprecationWarning"
)


class TestQuestions:
    SETUP = "import filecmp, glob, logging, os, pathlib, shutil, sys, tempfile, zipfile\nfrom pathlib import Path\n"

    def run(self, project, body: str) -> Observed:
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
    def test_ways_to_ask(self, project, body: str, reads: str) -> None:
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
            "os.path.exists('/etc/passwd'), os.path.exists('/usr/none')",
            "shutil.rmtree('data')",
            "tempfile.NamedTemporaryFile(dir='data').close()",
            "logging.getLogger('x').warning('y', stack_info=True)",
            "import warnings; warnings.warn('x')",
            "os.path.exists(0)",
        ],
    )
    @pytest.mark.filterwarnings("ignore:x")
    def test_no_reads(self, project, body: str) -> None:
        for path in (".git/HEAD", ".pivot/x"):
            project.write(path, "")
        assert self.run(project, body).reads == ()

    def test_questions_while_a_module_is_imported(self, project) -> None:
        path = project.write("there.txt", "x")
        project.write("loads!.py", "import os\nA = os.path.exists('flag')\nB = os.path.getsize('there.txt')\n")
        observed = project.observe(lambda: project.load("loads"))
        assert observed.imports == (
            ("file", str(project.root / "flag"), None, project.name("loads"), 2),
            ("file", str(path), blake3.blake3(b"x").hexdigest(), project.name("loads"), 3),
        )


class TestCommands:
    def run(self, project, body: str) -> Observed:
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
            (
                (
                    "async def go():\n  p = await asyncio.create_subprocess_exec('true', 'b.txt')\n  await p.wait()\n"
                    "asyncio.run(go())"
                ),
                ["b.txt"],
            ),
            ("subprocess.run(['true', 'none.txt', 'data', os.devnull, '.git/x', 'a' * 5000])", []),
            ("open('b.txt', 'w').close(); subprocess.run(['true', 'b.txt'])", []),
            ("os.system('echo x > b.txt'); open('b.txt').read()", []),
        ],
    )
    def test_files_that_are_named(self, project, body: str, reads: list[str]) -> None:
        observed = self.run(project, body)
        assert observed.reads == tuple(str(project.root / path) for path in reads)

    def test_names_that_the_shell_finds(self, project) -> None:
        observed = self.run(project, "os.system('true data/*.txt')")
        assert observed.reads == (str(project.root / "data" / "a.txt"),)
        assert observed.listings == (str(project.root / "data"),)

    def test_libraries_of_other_languages(self, project) -> None:
        path = project.write("lib.so", "no library")
        observed = self.run(project, "import ctypes\ntry: ctypes.CDLL('./lib.so')\nexcept OSError: pass")
        assert observed.reads == (str(path),)


def _work(path: str) -> str:
    with open(path) as file:
        return file.read() + os.environ.get("SOME_SETTING", "")


def test_forked_children_are_seen(project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SETTING", "!")
    path = project.write("a.txt", "a")
    with observe([str(project.root)]) as observation, multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(_work, [str(path)] * 4) == ["a!"] * 4
    assert observation.observed.reads == (str(path),)
    assert [name for name, _ in observation.observed.env] == ["SOME_SETTING"]
