"""Which package may import which: the contracts in the root's pyproject.toml, and where imports stand."""

import ast
import subprocess
import sysconfig
from pathlib import Path

import pytest

from workspace import IMPORT_NAMES, PACKAGES, ROOT, parse, relative

STANDING = "what was found up to date and stands is told without planning"

# Which module may import which of ours inside a function, and why. Everything else stands at the top of its file.
LAZY = {
    ("packages/pivot-cache/src/pivot_cache/build.py", "pivot_cache.bulk"): "only many files at once need it",
    ("packages/pivot-cache/src/pivot_cache/save.py", "pivot_cache.bulk"): "only many files at once need it",
    ("packages/pivot-cache/src/pivot_cache/hashing.py", "pivot_cache.mapped"): "only large files are mapped",
    ("packages/pivot-cache/src/pivot_cache/save.py", "pivot_cache.mapped"): "only large files are mapped",
    ("packages/pivot-cache/src/pivot_cache/local.py", "pivot_cache.flush"): "looking writes nothing",
    ("packages/pivot-cache/src/pivot_cache/publish.py", "pivot_cache.flush"): "looking writes nothing",
    ("packages/pivot-cache/src/pivot_cache/local.py", "pivot_cache.partial"): "only large objects arrive in parts",
    ("packages/pivot-cache/src/pivot_cache/local.py", "pivot_cache.relink"): "looking gives nothing back",
    ("packages/pivot-cache/src/pivot_cache/local.py", "pivot_cache.restore"): "looking gives nothing back",
    ("packages/pivot-cache/src/pivot_cache/local.py", "pivot_cache.save"): "looking keeps nothing",
    (
        "packages/pivot-fingerprint/src/pivot_fingerprint/starting/sitecustomize.py",
        "pivot_fingerprint.observation",
    ): "executed by any Python: only one of this environment has it",
    ("packages/pivot-remote/src/pivot_remote/connection.py", "pivot_remote.signature"): "often there is nothing to ask",
    ("packages/pivot-remote/src/pivot_remote/connection.py", "pivot_remote.wire"): "often there is nothing to ask",
    ("packages/pivot-core/src/pivot/describe.py", "pivot.stage_values"): "only parameters need pydantic and PyYAML",
    ("packages/pivot-core/src/pivot/execute/stage.py", "pivot.params"): "only parameters need pydantic",
    ("packages/pivot-core/src/pivot/load_child.py", "pivot.execute"): "only a failure pays for its explanation",
    ("packages/pivot-core/src/pivot/load.py", "pivot.renewal"): "while the manifest stands, no source is parsed",
    ("packages/pivot-fingerprint/src/pivot_fingerprint/analysis.py", "pivot_fingerprint.project"): (
        "while nothing changed, no source is parsed"
    ),
    ("packages/pivot-fingerprint/src/pivot_fingerprint/analysis.py", "pivot_fingerprint.excerpts"): (
        "only what is recorded or shown is wanted as text"
    ),
    ("packages/pivot-fingerprint/src/pivot_fingerprint/analysis.py", "pivot_fingerprint.recipes"): (
        "while nothing changed, no part is made"
    ),
    ("packages/pivot-fingerprint/src/pivot_fingerprint/analysis.py", "pivot_fingerprint.remaking"): (
        "while nothing changed, no part is made"
    ),
    ("packages/pivot-fingerprint/src/pivot_fingerprint/observe.py", "pivot_fingerprint.observation"): (
        "only an observation pays for it"
    ),
    ("packages/pivot-fingerprint/src/pivot_fingerprint/sources.py", "pivot_fingerprint.facts"): (
        "while nothing changed, no source is parsed"
    ),
    ("packages/pivot-core/src/pivot/__init__.py", "pivot.loaders"): "`import pivot` is cheap: names load on first use",
    ("packages/pivot-core/src/pivot/execute/live.py", "pivot.execute"): "only a failure pays for its explanation",
    ("packages/pivot-core/src/pivot/execute/stage.py", "pivot.execute"): "only a failure pays for its explanation",
    ("packages/pivot-cli/src/pivot_cli/main.py", "pivot_cli.group"): "the garbage collector is told to wait first",
    ("packages/pivot-cli/src/pivot_cli/group.py", "pivot_cli.commands."): "a command is imported when it is called",
    ("packages/pivot-cli/src/pivot_cli/decisions.py", "pivot_cli.explain"): "only --explain pays for its words",
    ("packages/pivot-cli/src/pivot_cli/execution.py", "pivot_cli.progress"): "only a terminal pays for the moving line",
    ("packages/pivot-cli/src/pivot_cli/overview.py", "pivot_cli.report"): "only --json pays for the events of a run",
    ("packages/pivot-cli/src/pivot_cli/running.py", "pivot.early"): STANDING,
    ("packages/pivot-cli/src/pivot_cli/running.py", "pivot.options"): STANDING,
    ("packages/pivot-cli/src/pivot_cli/running.py", "pivot_cli"): STANDING,
    ("packages/pivot-cli/src/pivot_cli/commands/status.py", "pivot_cli.overview"): STANDING,
    ("packages/pivot-core/src/pivot/standing.py", "pivot_cache"): "only directories and fresh files need a scan",
    ("packages/pivot-core/src/pivot/standing.py", "pivot.doubt"): "needed once for each file that was fresh",
    ("packages/pivot-core/src/pivot/workspace.py", "pivot.doubt"): STANDING,
    ("packages/pivot-core/src/pivot/workspace.py", "pivot.load"): STANDING,
    ("packages/pivot-core/src/pivot/workspace.py", "pivot.lock"): STANDING,
    ("packages/pivot-core/src/pivot/workspace.py", "pivot.look"): STANDING,
    ("packages/pivot-core/src/pivot/workspace.py", "pivot.manifest"): STANDING,
    ("packages/pivot-core/src/pivot/workspace.py", "pivot.pending"): STANDING,
    ("packages/pivot-core/src/pivot/workspace.py", "pivot_cache"): STANDING,
    ("packages/pivot-cli/src/pivot_cli/execution.py", "pivot_cli.jsonl"): "only --jsonl pays for its words",
    ("packages/pivot-cli/src/pivot_cli/wiring.py", "pivot.execute.fresh_host"): "only a run makes processes",
    ("packages/pivot-cli/src/pivot_cli/wiring.py", "pivot.execute.interpreter"): "only a run makes processes",
    ("packages/pivot-cli/src/pivot_cli/wiring.py", "pivot.execute.warm"): "only --watch keeps processes",
    ("packages/pivot-core/src/pivot/workspace.py", "pivot.execute.interpreter"): STANDING,
    ("packages/pivot-cli/src/pivot_cli/watch_render.py", "pivot_cli.progress"): "only a terminal pays for the line",
    ("packages/pivot-cli/src/pivot_cli/commands/repro.py", "pivot_cli"): "only --watch pays for what it needs",
    ("packages/pivot-cli/src/pivot_cli/wiring.py", "pivot.execute.local"): "a run with nothing to do makes no process",
    ("packages/pivot-cli/src/pivot_cli/commands/status.py", "pivot_cli.whereabouts"): "only --remote asks a remote",
    ("packages/pivot-cli/src/pivot_cli/commands/fsck.py", "pivot_cli.checking"): "only --remote asks a remote",
    ("packages/pivot-cli/src/pivot_cli/commands/gc.py", "pivot_cli.collecting"): "only --remote asks a remote",
    ("packages/pivot-cli/src/pivot_cli/known_runs.py", "pivot.known_runs"): "without a key no record is sent",
    ("packages/pivot-cli/src/pivot_cli/moving.py", "pivot_cli.meter"): "only a terminal pays for the moving line",
    ("packages/pivot-core/src/pivot/wanted.py", "pivot.branches"): "only --all-branches asks git",
    ("packages/pivot-cli/src/pivot_cli/running.py", "pivot_cli.sharing"): "only what moves data pays for it",
    ("packages/pivot-cli/src/pivot_cli/wiring.py", "pivot_remote"): "only what moves data needs remote stores",
    ("packages/pivot-cli/src/pivot_cli/commands/config.py", "pivot.config_file"): "only writing needs tomlkit",
}

MODULES = [module for package in PACKAGES for module in package.modules]


def imports_in_functions(path: Path) -> set[str]:
    """The modules of ours that are imported when a function is called; of a computed name, what it begins with."""
    found: set[str] = set()
    for function in ast.walk(parse(path)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for node in ast.walk(function):
                match node:
                    case ast.Import(names=names):
                        found.update(alias.name for alias in names)
                    case ast.ImportFrom(module=str(module)):
                        found.add(module)
                    case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[argument, *_]):
                        if name in {"import_module", "__import__"}:
                            found.add(beginning(argument))
    return {name for name in found if name.split(".")[0] in IMPORT_NAMES}


def beginning(argument: ast.expr) -> str:
    match argument:
        case ast.Constant(value=str(name)) | ast.JoinedStr(values=[ast.Constant(value=str(name)), *_]):
            return name
    return ""


def test_arrows_point_down() -> None:
    program = Path(sysconfig.get_path("scripts"), "lint-imports")
    report = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert report.returncode == 0, report.stdout + report.stderr


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_own_modules_are_imported_at_the_top(path: Path) -> None:
    allowed = {module for place, module in LAZY if place == relative(path)}
    assert imports_in_functions(path) == allowed


def test_the_exceptions_are_in_modules_that_exist() -> None:
    assert {place for place, _ in LAZY} <= {relative(path) for path in MODULES}


def test_an_import_in_a_function_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(
        "import pivot\ndef load(name):\n    import json\n    from pivot_cache.store import open\n"
        "    import_module(f'pivot_cli.{name}')\n    return lambda: importlib.import_module('pivot.lock')\n"
    )
    assert imports_in_functions(path) == {"pivot_cache.store", "pivot_cli.", "pivot.lock"}
