"""``pivot list``: the stages of the pipeline, in the order in which they run."""

from typing import Any

import click

from pivot.graph import Graph, build
from pivot.manifest import StageSpec
from pivot_cache.errors import printable
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import Exemplified, option
from pivot_cli.wiring import open_workspace
from pivot_cli.words import NO_STAGES


@click.command(
    name="list",
    cls=Exemplified,
    examples=[("pivot list", ""), ("pivot list --deps", ""), ("pivot list --json | jq -r '.stages[].stage'", "")],
)
@option("--deps", is_flag=True, help="Show what each stage reads, and from which stage.")
@as_json
@common
@click.pass_obj
def command(session: Session, /, deps: bool, as_json: bool) -> int:
    """List the stages, and what they make.

    In the order in which they run.
    """
    with open_workspace(session) as workspace:
        manifest = workspace.manifest()
        graph = build(manifest.stages)
    stages = [manifest.stage(name) for name in graph.order]
    out = session.terminal.out
    if as_json:
        out.json({"pipeline": manifest.name, "stages": [stage_data(stage, graph) for stage in stages]})
        return 0
    if not stages:
        out.line(NO_STAGES)
    width = max((len(stage.name) for stage in stages), default=0)
    for stage in stages:
        outs = ", ".join(printable(spec.path) for spec in stage.outs)
        if not deps:
            out.line(f"{stage.name:<{width}}   {outs}".rstrip())
            continue
        out.line(out.paint(stage.name, "bold"))
        for dep in stage.deps:
            origin = _makers(stage, dep.path, graph, stages)
            out.line(f"  reads  {printable(dep.path)}" + (f"   from {', '.join(origin)}" if origin else ""))
        for spec in stage.outs:
            out.line(f"  makes  {printable(spec.path)}" + ("   metric" if spec.kind == "metric" else ""))
    return 0


def _makers(stage: StageSpec, path: str, graph: Graph, stages: list[StageSpec]) -> list[str]:
    """Return the upstream stages that make a path, a directory above it, or something below it."""
    here = path.rstrip("/")
    above = set(graph.upstream[stage.name])
    return [
        one.name
        for one in stages
        if one.name in above and any(_overlap(out.path.rstrip("/"), here) for out in one.outs)
    ]


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def stage_data(stage: StageSpec, graph: Graph) -> dict[str, Any]:
    """Return a stage as JSON data: what is declared of it."""
    return {
        "stage": stage.name,
        "file": stage.file,
        "line": stage.line,
        "deps": [dep.path for dep in stage.deps],
        "outs": [{"path": out.path, "kind": out.kind} for out in stage.outs],
        "params": stage.params,
        "upstream": list(graph.upstream[stage.name]),
        "mutex": list(stage.mutex),
        "timeout": stage.timeout,
    }
