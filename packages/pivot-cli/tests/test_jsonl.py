import json
from pathlib import Path
from typing import Any

from pivot import events, reasons
from pivot.decide import Decision
from pivot.errors import PipelineFailed
from pivot.execute.executor import Failure
from pivot.watch import news
from pivot_cache.errors import ObjectMissing
from pivot_cli.jsonl import event_data, lines
from pivot_fingerprint import Change

ROOT = Path("/p")
CODE = reasons.CodeChanged((Change("func:m:total", "func:total", "1" * 64, "2" * 64, "/p/m.py", 3),))


def test_an_event_is_its_name_and_its_fields() -> None:
    assert event_data(events.StageDone("train", 2.123456), ROOT) == {
        "event": "stage_done",
        "stage": "train",
        "seconds": 2.1235,
    }


def test_reasons_and_failures_look_as_in_a_report() -> None:
    started = event_data(events.StageStarted("train", (CODE,)), ROOT)
    assert started["reasons"][0]["reason"] == "code_changed"
    assert started["reasons"][0]["changes"][0]["file"] == "m.py"
    failed = event_data(events.StageFailed("train", Failure("raised", "no"), 0.1, "/p/.pivot/logs/train.log"), ROOT)
    assert failed["failure"]["problem"] == "no" and failed["log"] == ".pivot/logs/train.log"


def test_news_of_a_watch() -> None:
    woken = event_data(news.Woken(2, ("m.py",), (Decision("train", "run", (CODE,)),), 0.01), ROOT)
    assert woken["decisions"][0]["stage"] == "train" and woken["decisions"][0]["reasons"][0]["reason"] == "code_changed"
    error = PipelineFailed("SyntaxError", file="m.py", line=4)
    assert event_data(news.PlanFailed(3, (), error), ROOT)["error"]["file"] == "m.py"
    assert event_data(news.PlanFailed(3, (), ObjectMissing("a" * 64)), ROOT)["error"]["kind"] == "ObjectMissing"


def test_each_event_is_a_line(screen: Any) -> None:
    write = lines(screen.terminal.out, ROOT)
    write(events.StageSkipped("a"))
    write(events.StageOutput("b", "one\ntwo\n"))
    assert [json.loads(line)["stage"] for line in screen.out.splitlines()] == ["a", "b"]
