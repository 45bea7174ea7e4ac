"""The way from a stage to a part of its code."""

from pivot.manifest import StageSpec
from pivot.way import find_way
from pivot_fingerprint import Entry, Fingerprint, Part

OWN = Part("func", "pipeline", "make", "", "/p/pipeline.py", 10, 14)
HELPER, SAVE = "func:tools:helper", "method:tools:Lines.save"


def way(key: str, **parents: str) -> str:
    stage = StageSpec("small", ".", "pipeline.py", 1, (Entry("pipeline", "make.<locals>.run", 11),), (), ())
    known = {child.replace("__", ":"): parent for child, parent in parents.items()}
    return str(find_way(stage, Fingerprint((OWN,), (), parents=known), key))


def test_the_name_of_the_stage_stands_for_its_function() -> None:
    assert way(OWN.key) == "small"
    assert way(HELPER, func__tools__helper="func:tools:fit", func__tools__fit=OWN.key) == "small → fit → helper"


def test_what_else_its_code_begins_with_is_named() -> None:
    assert way(SAVE) == "small → Lines.save"
    assert way(HELPER, func__tools__helper=SAVE) == "small → Lines.save → helper"
    assert way("module:late:") == "small → late"


def test_a_circle_ends() -> None:
    assert way("func:m:b", func__m__b="func:m:a", func__m__a="func:m:b").endswith(" → b")
