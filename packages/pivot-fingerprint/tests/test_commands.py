"""The paths that a command names, told from its arguments."""

import os
from pathlib import Path
from typing import Any

import pytest

from pivot_fingerprint.commands import named, shell_scripts, variables


def paths(event: str, *args: Any) -> tuple[set[str], set[str]]:
    found = list(named(event, args, shell_scripts(event, args)))
    read, written = ({os.path.relpath(path) for path, writes in found if writes is kind} for kind in (False, True))
    return read, written


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["cat", "words.txt"], {"words.txt"}),
        (["cat", b"words.txt", Path("more.txt")], {"words.txt", "more.txt"}),
        (["python3", "script.py", "--in=data.csv"], {"script.py", "data.csv"}),
        (["./run.sh"], {"run.sh"}),
        (["awk", "-fprog.awk"], {"prog.awk"}),
        (["curl", "-d", "@body.json", "--data=@more.json"], {"body.json", "more.json"}),
        (["bash", "-c", "cat 'a b.txt' | sort"], {"a b.txt"}),
        (["env", "X=1", "sh", "-ec", "cat words.txt"], {"words.txt"}),
    ],
)
def test_words(words: list[Any], expected: set[str]) -> None:
    read, written = paths("subprocess.Popen", words[0], words, None, None)
    assert expected <= read
    assert written == set()
    assert expected <= paths("os.posix_spawn", words[0], words, None)[0]
    assert expected <= paths("pty.spawn", words)[0]


def test_program_is_looked_for_elsewhere() -> None:
    assert paths("subprocess.Popen", "cat", ["cat", "a"], None, None)[0] == {"a"}
    assert "bin/tool" in paths("subprocess.Popen", "bin/tool", ["tool"], None, None)[0]


def test_directory_of_the_process() -> None:
    assert "sub/a" in paths("subprocess.Popen", "cat", ["cat", "a"], "sub", None)[0]
    assert "sub/a" in paths("subprocess.Popen", "cat", ["cat", "a"], Path("sub"), None)[0]


@pytest.mark.parametrize(
    ("text", "read", "written"),
    [
        ("cat words.txt", {"words.txt"}, set()),
        ("sort < in.txt > out.txt", {"in.txt"}, {"out.txt"}),
        ("sort <in.txt >>out.txt 2>errors.txt", {"in.txt"}, {"out.txt", "errors.txt"}),
        ("cd sub && cat a.txt; cat b.txt", {"sub/a.txt", "b.txt"}, set()),
        ("cat 'a\nb' c.txt", {"c.txt"}, set()),
        ("cat 'never ends words.txt", {"words.txt"}, set()),
        ("make all\n./run.sh", {"run.sh"}, set()),
    ],
)
def test_shell(text: str, read: set[str], written: set[str]) -> None:
    for found in (
        paths("os.system", os.fsencode(text)),
        paths("subprocess.Popen", "/bin/sh", ["/bin/sh", "-c", text], None, None),
    ):
        assert read <= found[0]
        assert written == found[1]
        assert not written & found[0]


def test_shell_finds_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("one.txt", "two.txt", "three.csv"):
        Path(name).touch()
    assert {"one.txt", "two.txt"} <= paths("os.system", b"cat *.txt")[0]
    assert "three.csv" not in paths("os.system", b"cat *.txt")[0]


def test_programs_that_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", "more")
    texts = {"tools/report.py": "import lib", "lib.py": "", "more/lib.py": "", "more/far.py": "import lib"}
    for name, text in texts.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text)
    found = {
        "script": paths("subprocess.Popen", "python3", ["python3", "tools/report.py"], None, None),
        "module": paths("os.posix_spawn", "python3", ["python3", "-m", "tools.report"], dict(os.environ)),
        "text": paths(
            "subprocess.Popen", "python3", ["python3", "-Ic", "import lib, far"], None, {b"PYTHONPATH": b"more"}
        ),
        "shell": paths("os.system", b"cd tools && PYTHONPATH=../more python report.py"),
        "elsewhere": paths("subprocess.Popen", "python3", ["python3", "-c", "import lib"], "more", {}),
    }
    assert found["script"] == ({"tools/report.py", "lib.py"}, set())
    assert found["module"] == ({"-m", "tools/report.py", "lib.py"}, set())
    assert found["text"][0] >= {"lib.py", "more/far.py"}
    assert found["shell"][0] >= {"tools/report.py", "more/lib.py"}
    assert {"more/lib.py"} <= found["elsewhere"][0]
    assert "lib.py" not in found["elsewhere"][0]


def test_nothing_is_named() -> None:
    assert paths("subprocess.Popen", None, [], None, None) == (set(), set())
    assert paths("os.system", b"")[1] == set()
    assert not list(named("os.fork", (), {}))


def shown(event: str, *args: Any) -> set[str]:
    return set(variables(event, args, shell_scripts(event, args)))


def test_variables_that_a_shell_replaces(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text('echo "${LEVEL:-1}"')
    (tmp_path / "tool").write_text("#!/bin/bash\necho $MODE")
    (tmp_path / "tool.py").write_text("#!/usr/bin/python\n'$NONE'")
    assert shown("os.system", "echo $A ${B} $1 $$") == {"A", "B"}
    assert shown("subprocess.Popen", "sh", ["/bin/sh", "-c", "cd $A"], None, None) == {"A"}
    assert shown("subprocess.Popen", "sh", ["sh", "run.sh"], tmp_path, None) == {"LEVEL"}
    assert shown("os.posix_spawn", f"{tmp_path}/tool", [f"{tmp_path}/tool"], None) == {"MODE"}
    assert shown("subprocess.Popen", "python", ["python", "tool.py", "$A"], tmp_path, None) == set()
    assert shown("os.exec", "awk", ["awk", "{print $NF}"], None) == set()
    assert shown("os.fork") == set()


def test_scripts_that_a_line_of_shell_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("run.sh").write_text("# or other.sh\nsource ./more.sh; sort words.txt > out.txt\nsh run.sh")
    Path("more.sh").write_text("export LEVEL=$MODE")
    Path("other.sh").write_text("echo $OTHER")
    for event, args in (("os.system", (b"(sh run.sh)",)), ("subprocess.Popen", ("sh", ["sh", "run.sh"], None, None))):
        read, written = paths(event, *args)
        assert {"run.sh", "more.sh"} <= read
        assert not {"other.sh", "words.txt"} & (read | written)  # what a script does with a file, only it knows
        assert written == {"out.txt"}
        assert shown(event, *args) == {"MODE"}


def test_what_a_script_is_certain_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tools").mkdir()
    Path("run.sh").write_text(
        "set -a\n. ./level.env\nsource mode.env\ntr a b < in.txt\npython -m tools.show x\npython go.py\n"
    )
    Path("tools/show.py").write_text("import shape")
    Path("go.py").write_text("")
    Path("shape.py").write_text("")
    read, written = paths("subprocess.Popen", "sh", ["sh", "run.sh", "other.py"], None, None)
    assert {"run.sh", "level.env", "mode.env", "in.txt", "tools/show.py", "go.py", "shape.py"} <= read
    assert not {"x", "a"} & read
    assert written == set()
