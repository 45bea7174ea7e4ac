"""Manifests through real child processes: what is in them, when they stand, what goes wrong."""

import os
import select
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from pivot.errors import DeclarationError, NoPipeline, PipelineFailed, PivotError
from pivot.load import current, load
from pivot.manifest import Manifest, decode, encode
from pivot.project import Project
from pivot_fingerprint.access import file_digest

SEED = """
    import json
    import pathlib
    from typing import Annotated, TypedDict

    import pivot


    class Clean(TypedDict):
        clean: Annotated[pathlib.Path, pivot.Out("clean.json", pivot.loaders.PathOnly())]


    class Summary(TypedDict):
        summary: Annotated[pathlib.Path, pivot.Out("summary.json", pivot.loaders.PathOnly())]


    def preprocess(raw: Annotated[dict, pivot.Dep("data.json", pivot.loaders.JSON())]) -> Clean:
        out = pathlib.Path("clean.json")
        out.write_text(json.dumps({"records": [one for one in raw["records"] if one]}))
        return {"clean": out}


    def summarize(clean: Annotated[dict, pivot.Dep("clean.json", pivot.loaders.JSON())]) -> Summary:
        out = pathlib.Path("summary.json")
        out.write_text(json.dumps({"count": len(clean["records"])}))
        return {"summary": out}


    pipeline = pivot.Pipeline("my_pipeline")
    pipeline.register(preprocess)
    pipeline.register(summarize)
"""
EMPTY = "import pivot\npipeline = pivot.Pipeline('p')\n"


class Memo:
    """Digests of files, without any memory."""

    def digest(self, path: str) -> str | None:
        return file_digest(path)

    def get(self, key: str) -> None:
        """There is nothing."""

    def put(self, key: str, value: bytes) -> None:
        """Forget it."""


type Write = Callable[..., Project]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files given as keyword arguments (``sub__b_py`` is ``sub/b.py``); return the project around them."""

    def written(pipeline: str = EMPTY, **files: str) -> Project:
        for name, text in {"pipeline_py": pipeline, **files}.items():
            stem, _, suffix = name.replace("__", "/").rpartition("_")
            path = tmp_path / f"{stem}.{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))
        return Project(tmp_path, tmp_path / "pipeline.py")

    return written


def loaded(project: Project, kept: Manifest | None = None) -> Manifest:
    return load(project, memo=Memo(), kept=kept)


def stands(project: Project, manifest: Manifest) -> bool:
    """Whether the manifest is returned as it is; it has passed through its kept form."""
    kept = decode(encode(manifest))
    assert kept == manifest
    return loaded(project, kept) is kept


def failed(project: Project) -> PivotError:
    with pytest.raises(PivotError) as caught:
        loaded(project)
    return caught.value


# --- what is in it ---------------------------------------------------------------------------------------------------


def test_the_manifest_of_a_pipeline(write: Write) -> None:
    project = write(SEED)
    manifest = loaded(project)
    assert (manifest.pipeline, manifest.name, manifest.modules) == ("pipeline.py", "my_pipeline", ("pipeline",))
    first, second = manifest.stages
    assert (first.name, first.file, first.pipeline) == ("preprocess", "pipeline.py", ".")
    assert [(dep.param, dep.path) for dep in second.deps] == [("clean", "clean.json")]
    assert [(out.key, out.path, out.kind) for out in second.outs] == [("summary", "summary.json", "out")]
    assert stands(project, manifest)


def test_a_pipeline_that_is_gone_is_called_so(write: Write) -> None:
    project = write()
    project.pipeline.unlink()
    error = failed(project)
    assert isinstance(error, NoPipeline) and error.problem == "pipeline.py is gone"


def test_the_second_time_nothing_of_the_users_is_imported(write: Write) -> None:
    project = write(SEED)
    manifest = loaded(project)
    code = f"""
import os, sys
from pathlib import Path
from pivot.load import load
from pivot.manifest import decode
from pivot.project import Project
from pivot_fingerprint.access import file_digest

class Memo:
    digest = staticmethod(file_digest)

root = Path({str(project.root)!r})
kept = decode(Path("kept").read_bytes())
def refuse(event, args):
    if event in ("os.posix_spawn", "os.fork", "subprocess.Popen"):
        raise AssertionError(event)
sys.addaudithook(refuse)
assert load(Project(root, root / "pipeline.py"), memo=Memo(), kept=kept) is kept
heavy = {{"subprocess", "tempfile", "inspect", "dataclasses", "pydantic", "pipeline"}}
print(*heavy.intersection(sys.modules) - {{"inspect", "dataclasses"}})
"""
    (project.root / "kept").write_bytes(encode(manifest))
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=project.root, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_stages_made_by_loops_lambdas_and_includes(write: Write) -> None:
    project = write(
        """
        import pivot
        from sub import inner

        pipeline = pivot.Pipeline("outer")
        for size in ("small", "large"):
            pipeline.register(lambda size=size: size, name=f"make@{size}", outs=f"{size}.txt")
        pipeline.include(inner.pipeline)
        """,
        sub__inner_py="""
        import pivot

        pipeline = pivot.Pipeline("inner")
        pipeline.register(lambda raw: raw, name="copy", deps={"raw": "../small.txt"}, outs="copy.txt")
        """,
    )
    manifest = loaded(project)
    assert [(stage.name, stage.pipeline) for stage in manifest.stages] == [
        ("make@small", "."),
        ("make@large", "."),
        ("copy", "sub"),
    ]
    assert manifest.stages[2].deps[0].path == "small.txt"
    assert manifest.stages[2].outs[0].path == "sub/copy.txt"
    assert manifest.stages[0].live != manifest.stages[1].live
    assert manifest.modules == ("pipeline", "sub.inner")


def test_a_pipeline_below_the_root(write: Write) -> None:
    root = write(EMPTY, work__pipeline_py=SEED).root
    project = Project(root, root / "work" / "pipeline.py")
    manifest = loaded(project)
    assert manifest.pipeline == "work/pipeline.py"
    assert manifest.stages[0].deps[0].path == "work/data.json"
    assert stands(project, manifest)


def test_third_party_modules_are_named_for_workers(write: Write) -> None:
    manifest = loaded(write("import hypothesis, orjson, json, helper\n" + EMPTY, helper_py=""))
    assert "hypothesis" in manifest.packages
    assert not {"json", "orjson", "helper", "pivot", "_pytest"} & {*manifest.packages}


def test_what_the_pipeline_prints_goes_to_standard_error(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    printing = "import os, sys\nprint('printed')\nos.write(1, b'written\\n')\nsys.stderr.write('told\\n')\n"
    manifest = loaded(write(printing + EMPTY))
    assert manifest.name == "p"
    out, err = capfd.readouterr()
    assert out == ""
    assert sorted(err.split()) == ["printed", "told", "written"]


def test_it_is_asked_for_no_input_and_sees_its_own_arguments(write: Write) -> None:
    project = write("import sys\nassert sys.stdin.read() == ''\nassert sys.argv == [__file__]\n" + EMPTY)
    assert loaded(project).name == "p"


def test_a_process_that_is_left_behind_is_not_waited_for_but_ended(write: Write, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "held")
    held = os.open(tmp_path / "held", os.O_RDONLY | os.O_NONBLOCK)
    starting = f"subprocess.Popen(['sleep', '60'], stdout=open({str(tmp_path / 'held')!r}, 'w'))\n"
    project = write(f"import subprocess\n{starting}{EMPTY}")
    assert loaded(project).name == "p"
    assert select.select([held], [], [], 20)[0] and os.read(held, 1) == b""  # nobody holds the other end any more
    os.close(held)


def test_it_is_made_from_the_bytes_that_are_there(write: Write) -> None:
    first = loaded(write("import pivot\npipeline = pivot.Pipeline('a')\n"))
    project = write("import pivot\npipeline = pivot.Pipeline('b')\n")  # the same size in the same second
    assert not stands(project, first)
    assert loaded(project, first).name == "b"


# --- when it stands --------------------------------------------------------------------------------------------------

READS = """
    import os
    import pathlib

    import pivot
    from helper import NAME
    try:
        import fast
    except ImportError:
        fast = None

    pipeline = pivot.Pipeline(NAME)
    for line in pathlib.Path("stages.txt").read_text().split():
        pipeline.register(lambda: 1, name=line)
    for name in sorted(os.listdir("configs")):
        pipeline.register(lambda: 2, name=name)
    if os.environ.get("PIVOT_TEST_MORE"):
        pipeline.register(lambda: 3, name="more")
    try:
        open("optional.txt").close()
    except FileNotFoundError:
        pass
"""


@pytest.fixture
def project(write: Write) -> Project:
    return write(READS, helper_py="NAME = 'p'", stages_txt="a b", configs__c_txt="", sub__x_py="")


@pytest.mark.parametrize(
    "edited",
    [
        "pipeline.py",
        "helper.py",
        "stages.txt",
        "configs/d.txt",
        "params.yaml",
        "fast.py",
        "fast/__init__.py",
        "helper/__init__.py",
        "pipeline/__init__.py",
        "optional.txt",
    ],
)
def test_it_does_not_stand_once_something_it_was_made_from_changed(edited: str, project: Project) -> None:
    manifest = loaded(project)
    assert stands(project, manifest)
    path = project.root / edited
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        file.write("\n# edited\n")
    assert not current(manifest, project, Memo())


@pytest.mark.parametrize("gone", ["helper.py", "stages.txt", "configs/c.txt"])
def test_it_does_not_stand_once_something_it_was_made_from_is_gone(gone: str, project: Project) -> None:
    manifest = loaded(project)
    (project.root / gone).unlink()
    assert not current(manifest, project, Memo())


def test_it_does_not_stand_with_another_environment(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = loaded(project)
    monkeypatch.setenv("PIVOT_TEST_OTHER", "1")
    assert stands(project, manifest)
    monkeypatch.setenv("PIVOT_TEST_MORE", "1")
    assert not stands(project, manifest)
    assert "more" in [stage.name for stage in loaded(project, manifest).stages]


def test_it_does_not_stand_once_something_was_installed(
    project: Project, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path_factory.mktemp("site")
    monkeypatch.syspath_prepend(site)
    manifest = loaded(project)
    assert stands(project, manifest)
    (site / "other-1.0.dist-info").mkdir()
    assert not stands(project, manifest)


def test_it_does_not_stand_in_another_place(project: Project) -> None:
    manifest = loaded(project)
    assert not current(manifest, Project(project.root, project.root / "sub" / "pipeline.py"), Memo())
    moved = project.root.with_name("moved")
    project.root.rename(moved)
    assert not stands(Project(moved, moved / "pipeline.py"), manifest)


def test_what_it_does_not_depend_on_may_change(project: Project, write: Write) -> None:
    manifest = loaded(project)
    write(READS, data_json="{}", sub__x_py="x = 1", other_py="", fast_txt="")
    assert stands(project, manifest)


# --- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_module_that_raises_shows_the_users_frames_alone(write: Write) -> None:
    project = write("import helper\n" + EMPTY, helper_py="def f():\n    return {}['gone']\n\nf()\n")
    error = failed(project)
    assert isinstance(error, PipelineFailed)
    assert error.problem == "pipeline.py raised KeyError: 'gone'"
    assert (error.file, error.line, error.exit_code) == ("helper.py", 2, 3)
    assert error.details is not None
    files = [line.split('"')[1] for line in error.details.splitlines() if line.strip().startswith("File ")]
    assert files == ["pipeline.py", "helper.py", "helper.py"]
    assert "importlib" not in error.details


def test_a_syntax_error(write: Write) -> None:
    error = failed(write("import helper\n" + EMPTY, helper_py="x = 1\ny = (\n"))
    assert isinstance(error, PipelineFailed)
    assert error.problem == "pipeline.py raised SyntaxError: '(' was never closed"
    assert (error.file, error.line) == ("helper.py", 2)
    error = failed(write("x = 1\0", helper_py=""))
    assert "null bytes" in error.problem and error.file == "pipeline.py"


def test_code_that_makes_parameters_is_the_users(write: Write) -> None:
    error = failed(
        write("""
        import pivot, pydantic

        def boom():
            return 1 / 0

        class P(pivot.StageParams):
            rate: float = pydantic.Field(default_factory=boom)

        def train(p: P) -> None: ...

        pivot.Pipeline("p").register(train)
        """)
    )
    assert isinstance(error, PipelineFailed)
    assert error.problem == "pipeline.py raised ZeroDivisionError: division by zero"
    assert (error.file, error.line, error.details) == ("pipeline.py", 5, "    return 1 / 0\n           ~~^~~")


def test_no_stage_makes_the_code_of_the_pipeline(write: Write) -> None:
    source = "import helper, pivot\npivot.Pipeline('p').register(lambda: 1, name='gen', outs='helper.py')\n"
    project = write(source, helper_py="x = 1\n")
    assert failed(project).problem.startswith("helper.py is an output of gen")


def test_a_missing_module(write: Write) -> None:
    error = failed(write("\nimport nowhere_to_be_found\n"))
    assert error.problem == "pipeline.py raised ModuleNotFoundError: No module named 'nowhere_to_be_found'"
    assert (error.file, error.line) == ("pipeline.py", 2)


def test_a_declaration_error_comes_through_with_everything_it_knows(write: Write) -> None:
    error = failed(
        write("""
        import pivot

        def train(
            raw: dict,
        ) -> None: ...

        pivot.Pipeline("p").register(train)
        """)
    )
    assert isinstance(error, DeclarationError)
    assert error.problem == "the annotation of raw does not say where its value comes from"
    assert (error.stage, error.argument, error.file, error.line) == ("train", "raw", "pipeline.py", 5)
    assert "pivot.Dep" in (error.hint or "")


def test_errors_found_after_the_import_come_through_too(write: Write) -> None:
    error = failed(write(SEED, params_yaml="train:\n  rate: 1\n"))
    assert isinstance(error, DeclarationError)
    assert (error.problem, error.file, error.line) == (
        "params.yaml names a stage train, which does not exist",
        "params.yaml",
        1,
    )


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("import sys\nsys.exit(0)", "pipeline.py ended the process, with sys.exit(0), while it was imported"),
        ("import os\nos._exit(0)", "the process that imported pipeline.py ended with exit status 0 before it was done"),
        ("import os\nos._exit(9)", "the process that imported pipeline.py ended with exit status 9 before it was done"),
        ("import os\nos.kill(os.getpid(), 9)", "the process that imported pipeline.py was ended by signal 9 before"),
        ("x = 1", "pipeline.py makes no pipeline"),
        ("raise KeyboardInterrupt", "pipeline.py raised KeyboardInterrupt"),
        ("class Odd(BaseException): ...\nraise Odd", "pipeline.py raised Odd"),
        ("raise ValueError('\\ud800')", "pipeline.py raised ValueError: \\ud800"),
    ],
)
def test_every_end_is_told(source: str, problem: str, write: Write) -> None:
    error = failed(write(source))
    assert error.problem.startswith(problem)
    assert error.file == "pipeline.py"


def test_a_failure_of_pivots_own_is_told_as_such(write: Write) -> None:
    breaking = "import pivot.load_child\ndel pivot.load_child.describe\n"
    with pytest.raises(RuntimeError, match="NameError: name 'describe' is not defined"):
        loaded(write(breaking + EMPTY))


def test_an_interruption_ends_the_child_and_its_children(write: Write) -> None:
    project = write(
        """
        import os, pathlib, subprocess, sys, time

        sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        pathlib.Path("pids.tmp").write_text(f"{os.getpid()} {sleeper.pid}")
        os.rename("pids.tmp", "pids")
        time.sleep(60)
        """
    )
    code = f"""
from pathlib import Path
from pivot.load import load
from pivot.project import Project
root = Path({str(project.root)!r})
try:
    load(Project(root, root / "pipeline.py"), memo=None)
except KeyboardInterrupt:
    print("interrupted")
"""
    pids = project.root / "pids"
    with subprocess.Popen([sys.executable, "-P", "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        _wait(lambda: pids.exists() or parent.poll() is not None)
        parent.send_signal(signal.SIGINT)
        assert parent.communicate()[0] == "interrupted\n"
    _wait(lambda: all(map(_is_gone, pids.read_text().split())))


def _wait(condition: Callable[[], bool]) -> None:
    """Return once a condition holds; the time limit of tests is the limit."""
    while not condition():
        os.sched_yield()


def _is_gone(process: str) -> bool:
    """Whether a process has ended; one that nobody waited for counts."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in "ZX"
