"""What a watch answers to other programs: the methods of its socket. How they are called is told in ``serving``.

What is asked about the pipeline is answered as the commands do: with a plan made at that moment, which runs nothing.
"""

from collections.abc import Callable, Sequence
from typing import Any

from pivot.forecast import plan
from pivot.graph import build
from pivot.options import Options
from pivot.plan import choose
from pivot.watch.messages import Cancel, Go, Message
from pivot.workspace import Workspace
from pivot_cli.commands.list import stage_data
from pivot_cli.explain import explain
from pivot_cli.overview import status_data
from pivot_cli.rpc import INVALID_PARAMS, Methods, Wrong


def methods(open_workspace: Callable[[], Workspace], base: str, post: Callable[[Message], None]) -> Methods:
    """Return the methods by name; those that change something ``post`` it and return at once."""

    def status(stages: Sequence[str] = ()) -> dict[str, Any]:
        with open_workspace() as workspace:
            look, planned = plan(workspace, Options(_names(stages), base=base))
            named = choose(look.manifest, planned.graph, _names(stages), alone=True, base=base)
            chosen = [step for step in planned.steps if step.stage.name in named]
            pending = frozenset(step.stage.name for step in chosen if workspace.pending.read(step.stage))
            return status_data(workspace.project.root, chosen, pending)

    def stages() -> dict[str, Any]:
        with open_workspace() as workspace:
            manifest = workspace.manifest()
        graph = build(manifest.stages)
        listed = [stage_data(manifest.stage(name), graph) for name in graph.order]
        return {"pipeline": manifest.name, "stages": listed}

    def explain_stage(stage: str) -> dict[str, Any]:
        with open_workspace() as workspace:
            _, planned = plan(workspace, Options(_names([stage]), base=base))
            step = planned.step(stage)
            [row] = status_data(workspace.project.root, [step])["stages"]
            return {**row, "text": "\n".join(explain(step, workspace.project.root))}

    def run(stages: Sequence[str] | None = None, force: bool = False) -> dict[str, Any]:
        if not isinstance(force, bool):
            raise Wrong(INVALID_PARAMS, "force is true or false")
        names = None if stages is None else _names(stages)
        if names:  # an unknown one is said to whoever asks, and not on the terminal of the watch
            with open_workspace() as workspace:
                manifest = workspace.manifest()
                choose(manifest, build(manifest.stages), names, base=base)
        post(Go(names, force))
        return {"accepted": True}

    def cancel(stage: str | None = None) -> dict[str, Any]:
        if stage is not None:
            _names([stage])
        post(Cancel(stage))
        return {"accepted": True}

    return {"status": status, "stages": stages, "explain": explain_stage, "run": run, "cancel": cancel}


def _names(stages: Any) -> tuple[str, ...]:
    if not isinstance(stages, list | tuple) or not all(isinstance(name, str) for name in stages):
        raise Wrong(INVALID_PARAMS, "stages are an array of names")
    return tuple(stages)
