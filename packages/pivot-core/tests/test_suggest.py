"""Suggestions."""

from pivot.suggest import closest, did_you_mean


def test_the_nearest_name_or_none() -> None:
    assert closest("trian", ["train", "test"]) == "train"
    assert closest("xyz", ["train", "test"]) is None


def test_a_hint_names_the_nearest_else_all() -> None:
    assert did_you_mean("trian", ["train", "test"]) == "did you mean train?"
    assert did_you_mean("xyz", ["b", "a"]) == "known: a, b"
    assert did_you_mean("xyz", []) is None
    many = did_you_mean("xyz", [f"stage{number:03}" for number in range(300)])
    assert many is not None and many.endswith("stage018, stage019, … (300 in all)")
