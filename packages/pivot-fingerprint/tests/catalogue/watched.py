"""Run a project's stages as ``oracle.py`` does, and tell what the library saw: what a tool would keep after a run.

Used by ``test_catalogue_static``; a script of its own because an observation belongs in the process that does the work.
"""

import os
import sys
from collections.abc import Iterable
from typing import Any

from oracle import Child, OracleError, answer, enter, load

from pivot_fingerprint.live import capture
from pivot_fingerprint.observe import observe


def _watch(request: tuple[str, dict[str, str]]) -> dict[str, Any]:
    root, env = request
    enter(root, env)
    with observe([root], functions=False) as watch:
        stages = load().stages
    return {
        "modules": [name for name, _ in watch.observed.modules],
        "reads": watch.observed.imports,
        "stages": {name: _told(stage, root) | _run(stage, root) for name, stage in stages.items()},
    }


def _told(stage: Any, root: str) -> dict[str, Any]:
    """Return what the live objects know: where the code starts, captured values, paths, parameters."""
    inputs = stage.inputs().values()
    loaders = [dep.loader.load for dep in inputs] + [stage.output.loader.save]
    found = [capture(stage.function, roots=[root])]
    found += [capture(method, roots=[root]) for method in loaders if type(method.__self__).__module__ != "pivot"]
    return {
        "entries": [entry for live in found for entry in live.entries],
        "live": sorted((part.key, part.digest) for live in found for part in live.parts),
        "inputs": [dep.path for dep in inputs],
        "output": stage.output.path,
        "params": [value.model_dump(mode="json") for value in stage.parameters().values()],
    }


def _run(stage: Any, root: str) -> dict[str, Any]:
    def work() -> dict[str, Any]:
        with observe([root]) as watch:
            stage.run()
        seen = watch.observed
        own = {stage.output.path, "params.yaml", *(dep.path for dep in stage.inputs().values())}
        own.add(os.path.relpath(sys.modules["pivot"].__file__ or "", root))  # the stand-in is no part of the project
        return seen._asdict() | {
            "reads": sorted(_relative(seen.reads, root) - own),
            "listings": sorted(_relative(seen.listings, root)),
            "directories": sorted(_relative(seen.directories, root)),
        }

    result = Child(work).result()
    if "error" in result:
        raise OracleError(result["error"])
    return {"observed": result["value"]}


def _relative(paths: Iterable[str], root: str) -> set[str]:
    return {os.path.relpath(path, root) for path in paths}


if __name__ == "__main__":
    answer(_watch)
