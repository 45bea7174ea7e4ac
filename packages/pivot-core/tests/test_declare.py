import pickle
from typing import Annotated, get_args

import pytest

import pivot
from pivot.declare import Dep, Metric, Out
from pivot.loaders import CSV, JSON, PathOnly


def test_without_a_loader_an_input_and_an_output_are_their_paths() -> None:
    assert isinstance(Dep("data.csv").loader, PathOnly)
    assert isinstance(Out("data.csv").loader, PathOnly)


def test_a_metric_is_json_unless_it_says_otherwise() -> None:
    assert isinstance(Metric("scores.json").loader, JSON)
    csv = CSV()
    assert Metric("scores.csv", csv).loader is csv


@pytest.mark.parametrize(("declared", "kind"), [(Out("a"), "out"), (Metric("a"), "metric")])
def test_an_output_knows_its_word(declared: Out | Metric, kind: str) -> None:
    assert declared.kind == kind


def test_declarations_are_found_in_annotations_also_with_unhashable_loaders() -> None:
    loader = CSV(read={"sep": ";"})
    annotation = Annotated[int, pivot.Dep("data.csv", loader)]
    assert get_args(annotation) == (int, Dep("data.csv", loader))


def test_declarations_survive_pickling() -> None:
    again = pickle.loads(pickle.dumps(Dep("data.json", JSON(indent=4))))
    assert again.path == "data.json"
    assert again.loader.indent == 4
