"""What a watch answers, about the example."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pivot.errors import UsageError
from pivot.project import discover
from pivot.watch.messages import Cancel, Go, Message
from pivot.workspace import Workspace
from pivot_cli.offers import methods
from pivot_cli.rpc import Wrong


@pytest.fixture
def posted() -> list[Message]:
    return []


@pytest.fixture
def offers(pivot: Callable[..., Any], posted: list[Message]) -> Any:
    assert pivot("init", "--example").code == 0
    return methods(lambda: Workspace(discover(Path.cwd())), ".", posted.append)


def test_status_stages_and_explanation(offers: Any, pivot: Any) -> None:
    assert offers["status"]()["summary"]["will_run"] == 2
    assert [row["stage"] for row in offers["status"](["summarize"])["stages"]] == ["summarize"]
    assert [row["stage"] for row in offers["stages"]()["stages"]] == ["preprocess", "summarize"]
    pivot("repro")
    explained = offers["explain"]("summarize")
    assert explained["status"] == "up_to_date" and explained["text"].startswith("Stage: summarize\n")


def test_what_changes_something_is_posted(offers: Any, posted: list[Message]) -> None:
    assert offers["run"]() == offers["cancel"]() == {"accepted": True}
    offers["run"](["summarize"], True)
    offers["cancel"]("summarize")
    assert posted == [Go(), Cancel(), Go(("summarize",), True), Cancel("summarize")]


def test_what_is_no_name_is_not_posted(offers: Any, posted: list[Message]) -> None:
    with pytest.raises(Wrong):
        offers["cancel"](["summarize"])
    assert posted == []


def test_an_unknown_stage_is_said_to_who_asks(offers: Any, posted: list[Message]) -> None:
    for ask in (lambda: offers["run"](["nope"]), lambda: offers["status"](["nope"]), lambda: offers["explain"]("nope")):
        with pytest.raises(UsageError):
            ask()
    assert posted == []


@pytest.mark.parametrize("params", [{"stages": "summarize"}, {"stages": [1]}, {"force": 1}])
def test_params_of_another_kind(offers: Any, params: Any) -> None:
    with pytest.raises(Wrong):
        offers["run"](**params)
