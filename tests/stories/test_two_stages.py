"""The first hour with Pivot: two stages, and every kind of edit."""

import json
import os
from pathlib import Path
from typing import Any


def read_json(project: Any, name: str) -> Any:
    return json.loads(project.read(name))


def test_the_first_run_runs_both_and_the_second_none(two_stages: Any) -> None:
    first = two_stages.run("repro")
    assert two_stages.ran() == ["preprocess", "summarize"]
    assert first.stdout.startswith("Made ") and ".pivot" in first.stdout.splitlines()[0]
    assert read_json(two_stages, "summary.json") == {"total": 3}
    second = two_stages.run("repro")
    assert two_stages.ran() == []
    assert second.stdout.count("\n") == 1 and "up to date" in second.stdout


def test_an_edit_of_a_helper_runs_only_the_stage_that_uses_it(two_stages: Any) -> None:
    two_stages.run("repro")
    two_stages.ran()
    two_stages.edit("totals.py", 'record["value"] for', '10 * record["value"] for')
    two_stages.run("repro")
    assert two_stages.ran() == ["summarize"]
    assert read_json(two_stages, "summary.json") == {"total": 30}


def test_work_stops_where_the_bytes_come_out_the_same(two_stages: Any) -> None:
    two_stages.run("repro")
    two_stages.ran()
    two_stages.edit(
        "pipeline.py", 'path.write_text(json.dumps({"records"', 'path.write_text(str("") + json.dumps({"records"'
    )
    outcome = two_stages.run("repro")
    assert two_stages.ran() == ["preprocess"]
    assert "1 ran, 1 up to date" in outcome.stdout


def test_a_comment_runs_nothing(two_stages: Any) -> None:
    two_stages.run("repro")
    two_stages.ran()
    two_stages.edit("totals.py", "def total", "# adds up\n\n\ndef total")
    two_stages.edit("pipeline.py", "import json\n", "import json  # the data is JSON\n")
    outcome = two_stages.run("repro")
    assert two_stages.ran() == [] and "up to date" in outcome.stdout


def test_a_reverted_edit_restores_and_runs_nothing(two_stages: Any) -> None:
    two_stages.run("repro")
    before = two_stages.read("summary.json")
    two_stages.edit("totals.py", "sum(", "max(")
    two_stages.run("repro")
    assert two_stages.read("summary.json") != before
    two_stages.ran()
    two_stages.edit("totals.py", "max(", "sum(")
    outcome = two_stages.run("repro")
    assert two_stages.ran() == [] and "restored" in outcome.stdout
    assert two_stages.read("summary.json") == before


def test_an_edit_of_the_same_length_in_the_same_second_is_seen(two_stages: Any) -> None:
    """Python's own bytecode cache would run the old code here: it looks at whole seconds and the size."""
    two_stages.run("repro")
    source = two_stages.path / "totals.py"
    stamp = source.stat()
    two_stages.execute("python3", "-c", "import compileall; compileall.compile_dir('.', quiet=1)", code=None)
    two_stages.edit("totals.py", "sum(", "max(")
    os.utime(source, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    two_stages.run("repro")
    assert read_json(two_stages, "summary.json") == {"total": 2}


def test_nothing_to_do_imports_neither_the_pipeline_nor_what_it_imports(two_stages: Any, signals: Path) -> None:
    forbidden = signals / "forbidden"
    two_stages.write(
        {"site/heavy.py": f"import os\nif os.path.exists({str(forbidden)!r}): raise SystemError('imported')\n"}
    )
    two_stages.edit("pipeline.py", "import pivot\n", "import heavy\nimport pivot\n")
    path = {"PYTHONPATH": str(two_stages.path / "site")}
    two_stages.run("repro", env=path)
    forbidden.touch()
    for command in (["repro"], ["status"], ["status", "--explain"], ["list"]):
        two_stages.run(*command, env=path)
    two_stages.edit("pipeline.py", "import heavy", "import heavy  # a comment")
    two_stages.run("repro", env=path)
    two_stages.edit("pipeline.py", "import heavy", "import heavy as heavier")
    two_stages.run("repro", env=path, code=3)  # so the import would have been noticed


def test_the_input_changed(two_stages: Any) -> None:
    two_stages.run("repro")
    two_stages.ran()
    two_stages.write({"data.json": '{"records": [{"value": 5}]}'})
    two_stages.run("repro")
    assert two_stages.ran() == ["preprocess", "summarize"]


def test_a_lost_output_is_restored_and_an_edited_one_is_kept_aside(two_stages: Any) -> None:
    two_stages.run("repro")
    made = two_stages.read("summary.json")
    two_stages.ran()
    (two_stages.path / "summary.json").unlink()
    two_stages.run("repro")
    assert two_stages.read("summary.json") == made
    two_stages.write({"summary.json": "by hand"})
    outcome = two_stages.run("repro")
    assert two_stages.read("summary.json") == made and two_stages.ran() == []
    (kept,) = [word for word in outcome.text.split() if ".pivot/cache/objects/" in word]
    assert two_stages.read(kept) == "by hand"


def test_a_file_that_was_there_before_the_first_run_is_kept_aside(two_stages: Any) -> None:
    two_stages.write({"clean.json": "somebody's own work"})
    outcome = two_stages.run("repro")
    (kept,) = [word for word in outcome.text.split() if ".pivot/cache/objects/" in word]
    assert two_stages.read(kept) == "somebody's own work"


def test_a_stage_that_raises_keeps_what_succeeded_before_it(two_stages: Any) -> None:
    two_stages.edit("totals.py", "return sum", "raise ValueError('no total today')\n    return sum")
    outcome = two_stages.run("repro", code=1)
    assert "ValueError: no total today" in outcome.stderr and "totals.py" in outcome.stderr
    assert "pivot/execute" not in outcome.stderr and "importlib" not in outcome.stderr
    two_stages.ran()
    two_stages.edit("totals.py", "raise ValueError('no total today')\n    return sum", "return sum")
    two_stages.run("repro")
    assert two_stages.ran() == ["summarize"]


def test_the_explanation_has_its_exact_shape(two_stages: Any) -> None:
    two_stages.run("repro")
    two_stages.edit("totals.py", "sum(", "max(")
    lines = two_stages.run("status", "--explain", "summarize").stdout.splitlines()
    assert lines[:6] == [
        "Stage: summarize",
        "  Status: WILL RUN",
        "  Reason: Code dependency changed",
        "",
        "  Changes:",
        "    func:total",
    ]
    assert [line.split()[0] for line in lines[6:9]] == ["Old:", "New:", "File:"]
    assert all(len(line.split()[1]) == 8 for line in lines[6:8])
    assert lines[8] == "      File: totals.py:1"
    assert len(lines) == 9
    text = two_stages.run("status", "--explain", "summarize", "--diff").stdout
    assert '-    return sum(record["value"] for record in records)' in text
    assert '+    return max(record["value"] for record in records)' in text


def test_without_git_in_a_directory_with_an_odd_name(two_stages: Any) -> None:
    odd = two_stages.path.parent / "naïve data – 1"
    os.rename(two_stages.path, odd)
    two_stages.path = odd
    two_stages.run("repro")
    assert two_stages.ran() == ["preprocess", "summarize"]


def test_the_project_may_move(two_stages: Any) -> None:
    two_stages.run("repro")
    two_stages.ran()
    moved = two_stages.path.parent / "elsewhere"
    os.rename(two_stages.path, moved)
    two_stages.path = moved
    assert "up to date" in two_stages.run("repro").stdout
    assert two_stages.ran() == []


def test_a_clone_with_the_cache_restores_without_locks(two_stages: Any) -> None:
    two_stages.run("repro")
    two_stages.ran()
    for name in ("clean.json", "summary.json", ".pivot/stages/preprocess.lock", ".pivot/stages/summarize.lock"):
        (two_stages.path / name).unlink()
    outcome = two_stages.run("repro")
    assert two_stages.ran() == [] and "2 restored" in outcome.stdout


def test_below_a_git_root_the_home_is_at_the_root(two_stages: Any) -> None:
    sub = two_stages.path / "work"
    sub.mkdir()
    for name in ("pipeline.py", "cleaning.py", "totals.py", "data.json"):
        os.rename(two_stages.path / name, sub / name)
    two_stages.execute("git", "init", "-q")
    two_stages.edit(
        "work/pipeline.py",
        '"../ran.txt", "a") as log:\n        log.write("summarize',
        '"../../ran.txt", "a") as log:\n        log.write("summarize',
    )
    two_stages.edit(
        "work/pipeline.py",
        '"../ran.txt", "a") as log:\n        log.write("preprocess',
        '"../../ran.txt", "a") as log:\n        log.write("preprocess',
    )
    two_stages.run("repro", cwd="work")
    assert two_stages.ran() == ["preprocess", "summarize"]
    assert two_stages.exists(".pivot/stages/work/summarize.lock") and not two_stages.exists("work/.pivot")
    ignored = two_stages.execute("git", "status", "--short", "--untracked-files=all").stdout
    assert "clean.json" not in ignored and "data.json" in ignored and "cache" not in ignored


def test_two_runs_at_once_do_each_stage_once(two_stages: Any) -> None:
    two_stages.edit("totals.py", "return sum", "import time; time.sleep(0.5)\n    return sum")
    outcome = two_stages.execute("sh", "-c", "pivot repro & pivot repro & wait", code=None)
    assert sorted(two_stages.ran()) == ["preprocess", "summarize"], str(outcome)
    assert "up to date" in two_stages.run("repro").stdout
