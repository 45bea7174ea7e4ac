import json
from pathlib import Path

import orjson

from pivot import events, reasons
from pivot.decide import Decision
from pivot.execute.executor import Failure
from pivot_cli.report import Report, plan_data, reason_data
from pivot_fingerprint import Change

ROOT = Path("/p")
CHANGE = Change("func:m:f", "func:f", "1" * 64, None, "/p/m.py", 3)


def test_a_run() -> None:
    report = Report(ROOT)
    failure = Failure("raised", "ValueError: no", file="m.py", line=3, traceback="Traceback …")
    for event in (
        events.RunStarted(("a", "b", "c", "d", "e")),
        events.StageSkipped("a"),
        events.StageRestored("b", (reasons.OutputMissing("b.json"),), 0.25),
        events.StageStarted("c", (reasons.CodeChanged((CHANGE,)),)),
        events.StageOutput("c", "hello\n"),
        events.StageStarted("d", (reasons.NeverRun(),)),
        events.StageDone("c", 1.5),
        events.Notice("read x.csv without declaring it", "c"),
        events.StageFailed("d", failure, 0.5, "/p/.pivot/logs/d.log"),
        events.StageBlocked("e", "d"),
        events.RunFinished(1, 1, 1, 1, 1, 2.25),
    ):
        report(event)
    assert report.data() == {
        "root": "/p",
        "stages": [
            {"stage": "a", "action": "skip", "reasons": [], "seconds": 0.0},
            {
                "stage": "b",
                "action": "restore",
                "reasons": [{"reason": "output_missing", "path": "b.json"}],
                "seconds": 0.25,
            },
            {
                "stage": "c",
                "action": "run",
                "reasons": [{"reason": "code_changed", "changes": [{**CHANGE._asdict(), "file": "m.py"}]}],
                "seconds": 1.5,
            },
            {
                "stage": "d",
                "action": "failed",
                "reasons": [{"reason": "never_run", "problem": None}],
                "seconds": 0.5,
                "failure": {**failure._asdict(), "log": ".pivot/logs/d.log"},
            },
            {"stage": "e", "action": "blocked", "reasons": [], "seconds": None, "blocked_by": "d"},
        ],
        "summary": {"run": 1, "restore": 1, "skip": 1, "failed": 1, "blocked": 1},
        "notices": [{"stage": "c", "text": "read x.csv without declaring it"}],
        "seconds": 2.25,
    }
    assert json.loads(orjson.dumps(report.data())) == report.data()


def test_a_plan_has_the_same_shape() -> None:
    plan = plan_data(ROOT, [Decision("a", "skip"), Decision("b", "run", (reasons.UpstreamRuns("a"),))], 0.5)
    assert plan == {
        "root": "/p",
        "stages": [
            {"stage": "a", "action": "skip", "reasons": [], "seconds": None},
            {"stage": "b", "action": "run", "reasons": [{"reason": "upstream_runs", "stage": "a"}], "seconds": None},
        ],
        "summary": {"run": 1, "restore": 0, "skip": 1, "failed": 0, "blocked": 0},
        "notices": [],
        "seconds": 0.5,
    }


def test_a_reason_keeps_its_fields() -> None:
    assert reason_data(reasons.InputChanged("a.csv", None, "2" * 64), ROOT) == {
        "reason": "input_changed",
        "path": "a.csv",
        "old": None,
        "new": "2" * 64,
        "declared": True,
    }
