"""The pipeline as live objects. What changes the whole process is done in an interpreter of its own."""

import importlib
import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pivot.declare import Dep, Out
from pivot.execute.live import LIBRARIES, THREADED, import_ahead, libraries, missing
from pivot.loaders import CSV, JSON, Parquet
from pivot.pipeline import Stage
from pivot.places import Place


def python(source: str, directory: Path) -> str:
    command = [sys.executable, "-c", textwrap.dedent(source)]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=directory).stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "above.py").write_text("")
    (tmp_path / "sub" / "pipeline.py").write_text(
        "import sys, above, pivot\npipeline = pivot.Pipeline('p')\n"
        "def f() -> None: ...\npipeline.register(f)\nARGV = sys.argv\n"
    )
    return tmp_path


def test_the_stages_the_sources_and_the_surroundings(project: Path) -> None:
    told = python(
        f"""
        import json, os, sys
        from pivot.execute.live import import_live
        live = import_live("{project}/sub/pipeline.py", "{project}")
        files = [source.file for source in live.loaded.sources]
        print(json.dumps([list(live.stages), files, os.getcwd(), sys.argv, sys.path[:2], sys.modules["pipeline"].ARGV]))
        """,
        project,
    )
    stages, files, directory, arguments, path, seen = json.loads(told)
    assert stages == ["f"]
    assert sorted(files) == [f"{project}/above.py", f"{project}/sub/pipeline.py"]
    assert directory == f"{project}/sub"
    assert arguments == seen == [f"{project}/sub/pipeline.py"]
    assert path == [f"{project}/sub", str(project)]


def test_code_is_compiled_from_the_bytes_that_are_there(project: Path) -> None:
    show = f"""
        from pivot.execute.live import import_live
        import_live("{project}/sub/pipeline.py", "{project}")
        import above
        print(above.VALUE)
    """
    for value in (1, 2):  # the same size within one second: a .pyc would be trusted
        (project / "above.py").write_text(f"VALUE = {value}\n")
        assert python("import sys; sys.path.insert(0, '.'); import above", project) == ""
        assert python(show, project) == f"{value}\n"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 / 0", ["raised", "pipeline.py: ZeroDivisionError: division by zero", "sub/pipeline.py", 1]),
        ("def f(:", ["raised", "pipeline.py: SyntaxError: invalid syntax", "sub/pipeline.py", 1]),
        (
            "import sys; sys.exit(2)",
            ["died", "pipeline.py: called sys.exit(2) instead of returning", "sub/pipeline.py", 1],
        ),
        ("import pivot", ["declaration", "pipeline.py makes no pipeline", "sub/pipeline.py", 1]),
    ],
)
def test_whatever_goes_wrong_is_a_failure(project: Path, source: str, expected: list[object]) -> None:
    (project / "sub" / "pipeline.py").write_text(source)
    told = python(
        f"""
        import json
        from pivot.execute.live import import_live
        print(json.dumps(import_live("{project}/sub/pipeline.py", "{project}")))
        """,
        project,
    )
    kind, problem, _, file, line, *_ = json.loads(told)
    assert [kind, problem, file, line] == expected


def test_the_libraries_of_loaders_are_those_that_they_import() -> None:
    loaders = importlib.import_module("pivot.loaders")
    for name, modules in LIBRARIES.items():
        module = sys.modules[getattr(loaders, name).__module__]
        source = Path(str(module.__file__)).read_text()
        assert all(f'library("{one}"' in source for one in modules)
    for name in set(loaders.__all__) - LIBRARIES.keys():
        assert "library(" not in Path(str(sys.modules[getattr(loaders, name).__module__].__file__)).read_text()


def test_libraries_come_from_inputs_and_outputs_and_not_from_ones_own_loaders() -> None:
    class CSVOfMine(CSV): ...

    deps = {"a": Dep("a", Parquet()), "b": Dep("b", JSON()), "c": Dep("c", CSVOfMine())}
    outs = {"": Out("x", CSV())}
    stage = Stage("s", dict, deps, outs, True, None, None, None, (), "/", "", 1, Place("", 1))
    assert list(libraries(stage)) == ["pyarrow", "pandas", "pandas"]


def test_importing_ahead_leaves_out_what_is_there_starts_threads_or_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "ahead_good.py").write_text("")
    (tmp_path / "ahead_bad.py").write_text("1 / 0\n")
    (tmp_path / "polars.py").write_text("raise AssertionError\n")
    names = ["ahead_good", "ahead_bad", "ahead_missing", "polars", "sys"]
    assert missing(names) == names[:3]
    import_ahead(names)
    assert "ahead_good" in sys.modules and "ahead_bad" not in sys.modules and "polars" not in sys.modules
    assert missing(names) == names[1:3]
    assert "polars" in THREADED
    del sys.modules["ahead_good"]
