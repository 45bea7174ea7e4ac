"""Importing a ``pipeline.py``, each time in a process of its own: it changes the process."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pivot.pipeline_module import import_roots


def run(project: Path, code: str, pipeline: str = "pipeline.py") -> subprocess.CompletedProcess[str]:
    program = f"""
import sys, os
sys.path[:0] = [{str(project / "elsewhere")!r}]
from pivot.pipeline_module import import_pipeline
pipeline = import_pipeline({str(project / pipeline)!r}, {str(project)!r})
{code}
"""
    return subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False)


def printed(project: Path, code: str, pipeline: str = "pipeline.py") -> list[str]:
    done = run(project, code, pipeline)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for file, text in {
        "pipeline.py": "import pivot\npipeline = pivot.Pipeline('outer')",
        "sub/pipeline.py": "import pivot, beside, above\npipeline = pivot.Pipeline('inner')",
        "sub/beside.py": "",
        "above.py": "",
        "elsewhere/beside.py": "raise ImportError",
    }.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)
    return tmp_path


def test_the_directory_of_the_pipeline_and_the_root_come_first(project: Path) -> None:
    code = "print(pipeline.name, os.getcwd(), *sys.path[:3], sys.modules['pipeline'].__file__)"
    directory = str(project / "sub")
    assert printed(project, code, "sub/pipeline.py") == [
        "inner",
        directory,
        directory,
        str(project),
        str(project / "elsewhere"),
        f"{directory}/pipeline.py",
    ]


def test_a_directory_is_on_the_path_once(project: Path) -> None:
    code = f"print(sys.path.count({str(project)!r}), '' in sys.path)"
    assert printed(project, code) == ["1", "False"]
    assert import_roots("/a/pipeline.py", "/a") == ("/a",)
    assert import_roots("/a/b/pipeline.py", "/a") == ("/a/b", "/a")


def test_another_module_of_that_name_is_not_taken_for_it(project: Path) -> None:
    (project / "pipeline").mkdir()
    (project / "pipeline" / "__init__.py").write_text("")
    done = run(project, "")
    assert "import pipeline finds pipeline/__init__.py instead of pipeline.py" in done.stderr


def test_what_the_pipeline_raises_is_raised(project: Path) -> None:
    (project / "pipeline.py").write_text(
        textwrap.dedent("""
        raise KeyError("mine")
    """)
    )
    assert "KeyError: 'mine'" in run(project, "").stderr
