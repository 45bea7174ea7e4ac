"""Runs, plans and reasons as JSON data: what ``--json`` prints, the same shape for a run and for a plan.

    {"root": "/…", "seconds": 2.1, "notices": [{"stage", "text"}],
     "summary": {"run", "restore", "skip", "failed", "blocked"},
     "stages": [{"stage", "action", "reasons": [{"reason": "code_changed", …}], "seconds", "failure"?, "blocked_by"?}]}

Names of reasons are those of ``pivot.reasons`` in snake case, with their fields; paths are relative to ``root``.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pivot.decide import Decision
from pivot.events import (
    Event,
    Notice,
    RunFinished,
    RunStarted,
    StageBlocked,
    StageCancelled,
    StageDone,
    StageFailed,
    StageRestored,
    StageSkipped,
    StageStarted,
)
from pivot.plan import Step
from pivot.reasons import CodeChanged, Reason
from pivot.way import find_way
from pivot_cli.words import shown_path
from pivot_fingerprint import Change

ACTIONS = ("run", "restore", "skip", "failed", "blocked")


class Report:
    """Collects the events of a run; call it with each."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._rows: dict[str, dict[str, Any]] = {}
        self._notices: list[dict[str, Any]] = []
        self._seconds = 0.0

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted(stages):
                self._rows = {stage: _row(stage) for stage in stages}
            case StageStarted(stage, reasons):
                self._rows[stage] |= {"reasons": [reason_data(reason, self._root) for reason in reasons]}
            case StageSkipped(stage):
                self._rows[stage] |= {"action": "skip", "seconds": 0.0}
            case StageRestored(stage, reasons, seconds):
                shown = [reason_data(reason, self._root) for reason in reasons]
                self._rows[stage] |= {"action": "restore", "reasons": shown, "seconds": _round(seconds)}
            case StageDone(stage, seconds):
                self._rows[stage] |= {"action": "run", "seconds": _round(seconds)}
            case StageFailed(stage, failure, seconds, log):
                told = {**failure._asdict(), "log": shown_path(self._root, log) if log else None}
                self._rows[stage] |= {"action": "failed", "seconds": _round(seconds), "failure": told}
            case StageCancelled(stage, seconds):
                self._rows[stage] |= {"action": "cancelled", "seconds": _round(seconds)}
            case StageBlocked(stage, by):
                self._rows[stage] |= {"action": "blocked", "blocked_by": by}
            case Notice(text, stage):
                self._notices.append({"stage": stage, "text": text})
            case RunFinished(seconds=seconds):
                self._seconds = seconds
            case _:
                pass  # what a stage prints is in its log

    def data(self) -> dict[str, Any]:
        """Return what was collected."""
        return _whole(self._root, self._rows.values(), self._seconds, self._notices)


def plan_data(root: Path, decisions: Iterable[Decision], seconds: float) -> dict[str, Any]:
    """Return what a run would do, in the shape of a run; ``seconds`` is the time that it took to find out."""
    rows = [
        _row(decision.stage, decision.action, [reason_data(reason, root) for reason in decision.reasons])
        for decision in decisions
    ]
    return _whole(root, rows, seconds, [])


def reason_data(reason: Reason, root: Path, step: Step | None = None) -> dict[str, Any]:
    """Return a reason as JSON data: its name under ``reason``, then its fields; with a step, the way to each change."""
    fields = reason._asdict()
    if isinstance(reason, CodeChanged):
        fields["changes"] = [_change_data(change, root, step) for change in reason.changes]
    return {"reason": snake(type(reason).__name__), **fields}


def _change_data(change: Change, root: Path, step: Step | None) -> dict[str, Any]:
    place = {"file": shown_path(root, change.file) if change.file else None}
    path: dict[str, Any] = {}
    if step:
        path = {"path": find_way(step.stage, step.now.code, change.key).names if change.new is not None else []}
    return {**change._asdict(), **place, **path}


def _row(stage: str, action: str | None = None, reasons: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"stage": stage, "action": action, "reasons": reasons or [], "seconds": None}


def _whole(root: Path, rows: Iterable[dict[str, Any]], seconds: float, notices: list[dict[str, Any]]) -> dict[str, Any]:
    stages = list(rows)
    taken = [row["action"] for row in stages]
    return {
        "root": str(root),
        "stages": stages,
        "summary": {action: taken.count(action) for action in ACTIONS},
        "notices": notices,
        "seconds": _round(seconds),
    }


def snake(name: str) -> str:
    """Return the name of a class as JSON writes it."""
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")


def _round(seconds: float) -> float:
    return round(seconds, 4)
