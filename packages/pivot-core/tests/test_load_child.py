"""What the process that imports a pipeline answers, and what it finds out on the way."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

import orjson
import pytest

from pivot.load_child import ERROR, MANIFEST
from pivot.manifest import Manifest, decode


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pipeline.py").write_text("import pivot\npipeline = pivot.Pipeline('p')\n")
    return tmp_path


def write(project: Path, pipeline: str, *others: str) -> None:
    """Write ``pipeline.py`` and other modules, which are empty."""
    for name, text in {"pipeline.py": pipeline, **dict.fromkeys(others, "")}.items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(textwrap.dedent(text))


PRELOADED = """
import os, sys
import pivot.load_child
from pivot.execute import preloaded
before = frozenset(sys.modules)
import hypothesis.strategies
preloaded.note(preloaded.Preloaded(frozenset(sys.modules) - before, (), dict(os.environ)))
"""


def answer(project: Path, pipeline: str = "pipeline.py", before: str = "") -> bytes:
    read, wrote = os.pipe()
    alive, held = os.pipe()
    call = f"from pivot.load_child import main; main({str(project)!r}, {str(project / pipeline)!r}, {wrote}, {alive})"
    code = f"{before}\n{call}"
    with subprocess.Popen([sys.executable, "-P", "-c", code], pass_fds=[wrote, alive], process_group=0):
        os.close(wrote)
        os.close(alive)
        with os.fdopen(read, "rb") as pipe, os.fdopen(held, "wb"):
            return pipe.read()


def made(project: Path, pipeline: str = "pipeline.py", before: str = "") -> Manifest:
    data = answer(project, pipeline, before)
    manifest = decode(data.removeprefix(MANIFEST))
    assert manifest is not None, data
    return manifest


def inputs(manifest: Manifest, *kinds: str) -> set[str]:
    return {one.name for one in manifest.inputs if one.kind in kinds}


def both(names: Iterable[str]) -> set[str]:
    """Return the files that a module of each name could come from."""
    return {file for name in names for file in (f"{name}.py", f"{name}/__init__.py")}


def test_an_answer_is_a_manifest_or_an_error(project: Path) -> None:
    assert made(project).name == "p"
    write(project, "1 / 0")
    data = answer(project)
    assert data[:1] == ERROR
    name, problem, fields = orjson.loads(data[1:])
    assert (name, problem) == ("PipelineFailed", "pipeline.py raised ZeroDivisionError: division by zero")
    assert (fields["file"], fields["line"]) == ("pipeline.py", 1)


def test_a_process_started_by_the_pipeline_cannot_write_the_answer(project: Path) -> None:
    forging = "import os, subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import os; os.write(3, b\"M\")'])\n"
    write(project, forging + "import pivot\npipeline = pivot.Pipeline('p')\n")
    assert made(project).name == "p"


def test_every_source_is_an_input_and_every_file_that_would_come_before_it(project: Path) -> None:
    source = "import pivot, one, pkg.two, space.three\npivot.Pipeline('p')"
    write(project, source, "one.py", "pkg/__init__.py", "pkg/two.py", "space/three.py")
    manifest = made(project)
    assert manifest.modules == ("one", "pipeline", "pkg", "pkg.two", "space.three")
    assert inputs(manifest, "source") == {"one.py", "pipeline.py", "pkg/__init__.py", "pkg/two.py", "space/three.py"}
    assert inputs(manifest, "absent") == {
        "params.yaml",
        "one/__init__.py",
        "pipeline/__init__.py",
        "pkg/two/__init__.py",
        "space/three/__init__.py",
        *both(["space"]),
    }


def test_a_module_that_nobody_found_is_an_input(project: Path) -> None:
    write(
        project,
        """
        import pivot, pkg
        try:
            import not_there
        except ImportError:
            pass
        try:
            import pkg.not_there
        except ImportError:
            pass
        pivot.Pipeline("p")
        """,
        "pkg/__init__.py",
    )
    assert inputs(made(project), "absent") >= both(["not_there", "pkg/not_there"])


def test_a_module_of_the_root_could_be_found_beside_the_pipeline_first(project: Path) -> None:
    write(project, "import pivot, helper\npivot.Pipeline('p')", "helper.py", "sub/__init__.py")
    (project / "pipeline.py").rename(project / "sub" / "pipeline.py")
    assert inputs(made(project, "sub/pipeline.py"), "absent") >= both(["sub/helper"])


def test_installed_modules_could_be_found_in_the_project_first(project: Path) -> None:
    write(project, "import pivot, hypothesis\npivot.Pipeline('p')")
    manifest = made(project)
    assert "hypothesis" in manifest.packages
    assert inputs(manifest, "absent") >= both(["hypothesis"])


def test_it_is_the_same_where_libraries_are_imported_already(project: Path) -> None:
    write(project, "import pivot, hypothesis.strategies, pkg.one\npivot.Pipeline('p')", "pkg/__init__.py", "pkg/one.py")
    anew, forked = made(project), made(project, before=PRELOADED)
    assert forked.packages == ("hypothesis",)  # what it imports itself comes with it
    assert (forked.stages, forked.modules, forked.reads) == (anew.stages, anew.modules, anew.reads)
    for manifest in (anew, forked):
        assert inputs(manifest, "absent") >= both(["hypothesis", "sortedcontainers"])


def test_pydantics_own_parts_are_not_named(project: Path) -> None:
    write(project, "import pivot\npivot.StageParams\npivot.Pipeline('p')")
    assert "pydantic" in made(project).packages
    assert "pydantic_core" not in made(project).packages


def test_reads_carry_the_digest_from_before_the_read(project: Path) -> None:
    write(
        project,
        """
        import pathlib, pivot
        text = pathlib.Path("names.txt").read_text()
        pathlib.Path("names.txt").write_text(text + "more")
        pathlib.Path("made.txt").write_text("x")
        pathlib.Path("made.txt").read_text()
        pivot.Pipeline("p")
        """,
    )
    (project / "names.txt").write_text("x")
    first, second = made(project), made(project)
    assert inputs(first, "file") == {"names.txt"}
    assert [one for one in first.inputs if one.kind == "file"] != [one for one in second.inputs if one.kind == "file"]
    assert [(read.kind, read.module, read.line) for read in first.reads] == [("file", "pipeline", 3)]
