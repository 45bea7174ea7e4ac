"""The command prints what a function depends on."""

import subprocess
import sys

import orjson
import pytest

from pivot_fingerprint import SCHEME, fingerprint, record
from pivot_fingerprint.__main__ import main


@pytest.fixture
def target(project) -> str:
    project.write("lib/helpers!.py", 'def scale(x):\n    return low(x)\n\ndef low(x):\n    return eval("1") + x\n')
    project.write(
        "stages!.py",
        """\
        import helpers!

        FACTOR = 2  # pivot: ignore

        def train(x):
            return helpers!.scale(x) * FACTOR
        """,
    )
    return f"{project.name('stages')}:train"


def test_parts_are_aligned_lines(project, target, capsys) -> None:
    assert main([target, "--root", ".", "--root", "lib"]) == 0
    found = fingerprint(target, roots=[".", "lib"])
    digests = [part.digest[:8] for part in found.parts]
    helpers, stages = project.name("lib/helpers") + ".py", project.name("stages") + ".py"
    assert capsys.readouterr().out.splitlines() == [
        f"func:low    {digests[0]}  {helpers}:4",
        f"func:scale  {digests[1]}  {helpers}:1",
        f"func:train  {digests[2]}  {stages}:5",
        "package:python 3.13",
        f"ignored: const:FACTOR at {stages}:3",
        f"opaque: eval at {helpers}:5",
    ]


def test_the_tree_shows_the_way_to_each_part(target, capsys) -> None:
    assert main([target, "--tree", "--root", ".", "--root", "lib"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] or line.rsplit("  ", 1)[0] for line in lines[:3]] == [
        "func:train",
        "  func:scale",
        "    func:low",
    ]


def test_json_has_everything(target, capsys) -> None:
    assert main([target, "--json", "--root", ".", "--root", "lib"]) == 0
    printed = orjson.loads(capsys.readouterr().out)
    found = fingerprint(target, roots=[".", "lib"])
    assert printed["target"] == target
    assert printed["scheme"] == SCHEME
    assert printed["record"] == record(found)
    assert [part["key"] for part in printed["parts"]] == [part.key for part in found.parts]
    assert [part["parent"] for part in printed["parts"]] == [found.parents.get(part.key) for part in found.parts]
    assert printed["packages"] == {"python": "3.13"}
    assert [one["what"] for one in printed["opaque"]] == ["eval"]
    assert [one["name"] for one in printed["ignored"]] == ["FACTOR"]


@pytest.mark.parametrize("wrong", ["nowhere:train", "train", "{module}:trian"])
def test_an_unknown_target_is_one_line_and_exit_code_2(target, wrong: str, capsys) -> None:
    assert main([wrong.format(module=target.partition(":")[0])]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1


def test_it_runs_as_a_module(project, target) -> None:
    command = [sys.executable, "-m", "pivot_fingerprint", target, "--root", "lib"]
    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "func:scale" in done.stdout
