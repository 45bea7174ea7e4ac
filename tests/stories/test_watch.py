"""Watch mode as it is lived: save, and the result is there."""

import json
import os
import re
import shutil
import signal
import socket
import stat
from contextlib import suppress
from pathlib import Path
from select import select
from typing import Any

import pytest

from workbench import PATIENCE, wait_until

IDLE = r"Watching \d+ files"


def test_edits_of_every_kind(two_stages: Any) -> None:
    with two_stages.watching() as watch:
        watch.says(IDLE)
        assert two_stages.ran() == ["preprocess", "summarize"]
        two_stages.edit("totals.py", "sum(", "max(")
        watch.says(r"runs summarize \(func:total changed\)")
        watch.says("Done: 1 ran, 1 up to date")
        assert two_stages.ran() == ["summarize"] and json.loads(two_stages.read("summary.json")) == {"total": 2}
        two_stages.edit("totals.py", "def total", "# the largest\ndef total")
        watch.says("totals.py changed: nothing to run")
        two_stages.edit("totals.py", "max(", "sum(")
        watch.says("restores summarize")
        watch.says("Done: 1 restored")
        two_stages.write({"data.json": '{"records": [{"value": 7}]}'})
        watch.says("runs preprocess")
        watch.says("Done: 2 ran")
        assert json.loads(two_stages.read("summary.json")) == {"total": 7}
        two_stages.write({"unrelated.txt": "nobody reads this"})
        two_stages.edit("pipeline.py", "pipeline.register(summarize)", "pipeline.register(summarize, name='sums')")
        watch.says("runs sums")
        assert "unrelated" not in watch.text
        assert watch.end() == 130
    assert "up to date" in two_stages.run("repro").stdout


def test_an_error_in_the_code_keeps_the_last_plan_and_waits(two_stages: Any) -> None:
    with two_stages.watching() as watch:
        watch.says(IDLE)
        two_stages.edit("totals.py", "return sum", "return (sum")
        watch.says("File: totals.py:")
        two_stages.edit("totals.py", "return (sum", "return 2 * sum")
        watch.says("Done: 1 ran")
        assert json.loads(two_stages.read("summary.json")) == {"total": 6}


def test_a_stage_that_fails_waits_for_the_next_edit(two_stages: Any) -> None:
    two_stages.edit("totals.py", "return sum", "raise ValueError('no total today')\n    return sum")
    with two_stages.watching() as watch:
        watch.says("ValueError: no total today")
        watch.says("summarize failed, waiting for an edit")
        two_stages.edit("totals.py", "raise ValueError('no total today')\n    return sum", "return sum")
        watch.says("Done: 1 ran")
    assert two_stages.ran() == ["preprocess", "summarize", "summarize"]


def test_an_edit_during_a_run_cancels_what_it_affects(two_stages: Any) -> None:
    two_stages.edit("totals.py", "return sum", "import time; time.sleep(60)\n    return sum")
    with two_stages.watching("-v") as watch:
        watch.says("summarize .*starts")
        two_stages.edit("totals.py", "import time; time.sleep(60)\n    ", "")
        watch.says("totals.py changed: cancels summarize")
        watch.says("Done: 1 ran, 1 up to date")
    assert json.loads(two_stages.read("summary.json")) == {"total": 3}


def test_keys_on_a_terminal(two_stages: Any) -> None:
    with two_stages.watching(terminal=True) as watch:
        watch.says(r"r run, f force, q quit")
        watch.type("r")
        watch.says("Everything is up to date")
        watch.says("q quit")
        two_stages.ran()
        watch.type("f")
        watch.says("Done: 2 ran")
        watch.says("q quit")
        watch.type("q")
        assert watch.process.wait(PATIENCE) == 0
    assert two_stages.ran() == ["preprocess", "summarize"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_however_it_ends_nothing_is_left(two_stages: Any, number: signal.Signals) -> None:
    two_stages.edit("totals.py", "return sum", "import time; time.sleep(60)\n    return sum")
    with two_stages.watching("-v") as watch:
        watch.says("summarize .*starts")
        assert watch.end(number) == 130
    wait_until(lambda: processes_in(two_stages.path) == [], lambda: processes_in(two_stages.path))
    assert sorted((two_stages.path / ".pivot/cache/tmp").glob("*")) == []
    assert list((two_stages.path.parent / "home" / "tmp").iterdir()) == []


@pytest.mark.parametrize("busy", [False, True])
def test_a_terminal_that_is_closed_ends_it_like_ctrl_c(two_stages: Any, tmp_path: Path, busy: bool) -> None:
    if busy:
        two_stages.edit("totals.py", "return sum", "import time; time.sleep(60)\n    return sum")
    errors = tmp_path / "errors"
    with errors.open("wb") as file:
        process, terminal = two_stages.on_terminal("-v", errors=file)
    said = b""
    while not re.search(rb"summarize .*starts" if busy else rb"q quit", said):
        assert select([terminal], [], [], PATIENCE)[0], said
        said += os.read(terminal, 65536)
    os.close(terminal)
    assert process.wait(PATIENCE) == 130
    assert errors.read_text() in ("", "Error: interrupted: what was running is not recorded\n")
    wait_until(lambda: processes_in(two_stages.path) == [], lambda: processes_in(two_stages.path))


def processes_in(directory: Path) -> list[str]:
    """What runs with its working directory in the project: every process that a watch of it starts."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(process / "cwd") == str(directory):
                found.append((process / "cmdline").read_text())
        except OSError:
            continue  # gone meanwhile, or another's
    return found


# Editors and tools: each way to save is a change of totals.py to `max`, and one run.


def vim_in_place(file: Path, text: str) -> None:
    """`backupcopy=yes`: a swap file, a copy as backup, and the file itself written again."""
    swap = file.with_name(f".{file.name}.swp")
    swap.write_bytes(b"b0VIM")
    shutil.copy(file, file.with_name(f"{file.name}~"))
    with file.open("r+") as opened:
        opened.truncate()
        opened.write(text)
    file.with_name(f"{file.name}~").unlink()
    swap.unlink()


def vim_by_renaming(file: Path, text: str) -> None:
    """The default: a probe called 4913, the old file renamed to the backup, a new one in its place."""
    swap = file.with_name(f".{file.name}.swp")
    swap.write_bytes(b"b0VIM")
    file.with_name("4913").touch()
    file.with_name("4913").unlink()
    file.rename(file.with_name(f"{file.name}~"))
    file.write_text(text)
    file.with_name(f"{file.name}~").unlink()
    swap.unlink()


def through_a_temporary(file: Path, text: str) -> None:
    """VS Code's atomic write and most others: a temporary beside the file, renamed over it."""
    temporary = file.with_name(f"{file.name}.vsctmp")
    temporary.write_text(text)
    temporary.replace(file)


def removed_and_put_back(file: Path, text: str) -> None:
    file.unlink()
    file.write_text(text)


@pytest.mark.parametrize("save", [vim_in_place, vim_by_renaming, through_a_temporary, removed_and_put_back])
def test_editors(two_stages: Any, save: Any) -> None:
    with two_stages.watching() as watch:
        watch.says(IDLE)
        text = two_stages.read("totals.py")
        save(two_stages.path / "totals.py", text.replace("sum(", "max("))
        assert "runs summarize (func:total changed)" in watch.says(r"Done: 1 ran.*\n")
        save(two_stages.path / "totals.py", text.replace("sum(", "max(") + "# the largest\n")
        assert watch.says("nothing to run").strip().startswith("totals.py changed: nothing")
    assert two_stages.ran() == ["preprocess", "summarize", "summarize"]


def test_sed(two_stages: Any) -> None:
    with two_stages.watching() as watch:
        watch.says(IDLE)
        two_stages.execute("sed", "-i", "s/sum(/max(/", "totals.py")
        watch.says("runs summarize")
        watch.says("Done: 1 ran")


def git(project: Any, *words: str) -> None:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    project.execute("git", *identity, *words)


def test_git_checkout_and_stash_are_one_run_each(two_stages: Any) -> None:
    many = {f"many/file{number}.py": "x = 1\n" for number in range(300)}
    two_stages.write({**many, "many/__init__.py": "", ".gitignore": ".pivot\n__pycache__\n*.json\n"})
    uses = "import importlib\nfor n in range(300):\n    importlib.import_module(f'many.file{n}')\n\npipeline = "
    two_stages.edit("pipeline.py", "pipeline = ", uses)
    git(two_stages, "init", "-q", "-b", "main")
    git(two_stages, "add", ".")
    git(two_stages, "commit", "-q", "-m", "one")
    git(two_stages, "checkout", "-q", "-b", "other")
    for name in many:
        two_stages.write({name: "x = 2\n"})
    two_stages.edit("totals.py", "sum(", "max(")
    git(two_stages, "commit", "-q", "-a", "-m", "two")
    with two_stages.watching() as watch:
        watch.says(IDLE)
        two_stages.ran()
        git(two_stages, "checkout", "-q", "main")
        watch.says("Done: 1 ran")
        assert two_stages.ran() == ["summarize"] and json.loads(two_stages.read("summary.json")) == {"total": 3}
        two_stages.edit("totals.py", "sum(", "1 + sum(")
        watch.says("Done: 1 ran")
        git(two_stages, "stash", "-q")
        watch.says("restores summarize")
        watch.says("Done: 1 restored")
        git(two_stages, "stash", "pop", "-q")
        watch.says("restores summarize")
        watch.says("Done: 1 restored")
        assert json.loads(two_stages.read("summary.json")) == {"total": 4}
    assert two_stages.ran() == ["summarize"]


def test_a_directory_that_is_an_input_replaced_and_put_back(two_stages: Any) -> None:
    two_stages.write(
        {
            "pipeline.py": """
            import pathlib
            from typing import Annotated
            import pivot

            def count(
                images: Annotated[pathlib.Path, pivot.Dep("images/", pivot.loaders.PathOnly())],
            ) -> Annotated[dict, pivot.Metric("count.json")]:
                return {"count": sum(one.is_file() for one in images.rglob("*"))}

            pipeline = pivot.Pipeline("images")
            pipeline.register(count)
            """,
            "images/a/1.txt": "1",
            "images/2.txt": "2",
            "other/3.txt": "3",
        }
    )
    root = two_stages.path

    def comes_to(count: int) -> None:
        """Wait for it: a directory that appears and the file in it may be one run or two."""

        def there() -> bool:
            with suppress(OSError, ValueError):  # it is being made
                return json.loads(two_stages.read("count.json")) == {"count": count}
            return False

        wait_until(there)

    with two_stages.watching() as watch:
        watch.says(IDLE)
        two_stages.write({"images/a/b/new.txt": "4"})
        watch.says("Done: 1 ran")
        two_stages.write({"images/a/b/newer.txt": "5"})
        watch.says("Done: 1 ran")
        comes_to(4)
        os.rename(root / "images", root / "old")
        watch.says("Error: the input images")
        os.rename(root / "other", root / "images")
        watch.says("Done: 1 ran")
        comes_to(1)
        two_stages.write({"images/6.txt": "6"})
        watch.says("Done: 1 ran")
        comes_to(2)


def test_each_event_a_line_of_json(two_stages: Any) -> None:
    with two_stages.watching("--jsonl") as watch:
        watch.says('"event":"idle"')
        two_stages.edit("totals.py", "sum(", "max(")
        watch.says('"event":"idle"')
        watch.end()
    lines = [json.loads(line) for line in watch.text.splitlines()]
    names = [line["event"] for line in lines]
    assert names.count("run_finished") == 2
    woken = [line for line in lines if line["event"] == "woken"][1]
    assert woken["changed"] in (["totals.py"], [])  # the look may be faster than the event
    assert woken["decisions"][0]["reasons"][0]["changes"][0]["label"] == "func:total"


def test_another_program_asks_and_steers(two_stages: Any) -> None:
    with two_stages.watching("--serve") as watch:
        watch.says(r"Serving .pivot/watch.sock")
        watch.says(IDLE)
        assert stat.S_IMODE((two_stages.path / ".pivot/watch.sock").stat().st_mode) == 0o600
        with Peer(two_stages.path / ".pivot/watch.sock") as peer:
            assert peer.call("status")["summary"]["up_to_date"] == 2
            peer.call("subscribe")
            two_stages.edit("totals.py", "return sum", "import time; time.sleep(60)\n    return sum")
            assert peer.event("stage_started")["stage"] == "summarize"
            peer.call("cancel", stage="summarize")
            assert peer.event("stage_cancelled")["stage"] == "summarize"
            peer.event("idle")
            assert "func:total" in peer.call("explain", stage="summarize")["text"]
            two_stages.edit("totals.py", "import time; time.sleep(60)\n    ", "")
            assert peer.event("run_finished")["restored"] == 1
            peer.event("idle")
            two_stages.ran()
            peer.call("run", stages=["preprocess"], force=True)
            assert peer.event("run_finished")["done"] == 1
        with two_stages.watching("--serve") as second:
            second.says("another pivot watches this project already")
    assert two_stages.ran() == ["preprocess"]
    assert not two_stages.exists(".pivot/watch.sock")


class Peer:
    """A client of the socket."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile()
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        self.lines.close()
        self.socket.close()

    def call(self, method: str, **params: Any) -> Any:
        self.socket.sendall(
            json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n"
        )
        while "id" not in (message := json.loads(self.lines.readline())):
            self.events.append(message["params"])
        return message["result"]

    def event(self, name: str) -> dict[str, Any]:
        """Return the next event of a name."""
        while True:
            event = self.events.pop(0) if self.events else json.loads(self.lines.readline())["params"]
            if event["event"] == name:
                return event
