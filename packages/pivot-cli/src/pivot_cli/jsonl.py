"""Events of runs and news of a watch as JSON data: one object each, which ``--jsonl`` prints on a line of its own.

``event`` names it in snake case (``stage_done``), its fields follow. Reasons, failures and paths look as in ``report``.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from pivot.decide import Decision
from pivot.errors import PivotError
from pivot.execute.executor import Failure
from pivot_cli.report import reason_data, snake
from pivot_cli.terminal import Stream
from pivot_cli.words import shown_path


def event_data(event: Any, root: Path) -> dict[str, Any]:
    """Return an event, a named tuple, as JSON data."""
    fields = event._asdict()
    for name, value in fields.items():
        match name, value:
            case "reasons", _:
                fields[name] = [reason_data(reason, root) for reason in value]
            case "decisions", _:
                fields[name] = [_decision_data(one, root) for one in value]
            case "failure", Failure():
                fields[name] = value._asdict()
            case "log", str():
                fields[name] = shown_path(root, value)
            case "error", PivotError():
                fields[name] = {"kind": type(value).__name__, "problem": value.problem, **value.fields()}
            case "error", Exception():
                fields[name] = {"kind": type(value).__name__, "problem": str(value)}
            case _, float():
                fields[name] = round(value, 4)
    return {"event": snake(type(event).__name__), **fields}


def lines(out: Stream, root: Path) -> Callable[[Any], None]:
    """Return what writes each event on a line of its own."""

    def write(event: Any) -> None:
        out.line(orjson.dumps(event_data(event, root), default=str).decode())

    return write


def _decision_data(decision: Decision, root: Path) -> dict[str, Any]:
    reasons = [reason_data(reason, root) for reason in decision.reasons]
    return {"stage": decision.stage, "action": decision.action, "reasons": reasons}
