import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot.loaders import JSON

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=20,
)


@given(value=VALUES)
def test_what_is_saved_is_loaded(value: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "value.json"
    JSON().save(value, path)
    assert JSON().load(path) == value


def test_the_text_is_indented_utf8_with_a_newline_at_the_end(tmp_path: Path) -> None:
    JSON().save({"b": "ä", "a": 1}, tmp_path / "value.json")
    assert (tmp_path / "value.json").read_bytes() == '{\n  "b": "ä",\n  "a": 1\n}\n'.encode()


def test_settings(tmp_path: Path) -> None:
    JSON(indent=None, sort_keys=True).save({"b": 2, "a": 1}, tmp_path / "value.json")
    assert (tmp_path / "value.json").read_text() == '{"a": 1, "b": 2}\n'


def test_not_a_number_comes_back(tmp_path: Path) -> None:
    JSON().save([math.nan, math.inf], tmp_path / "value.json")
    loaded = JSON().load(tmp_path / "value.json")
    assert math.isnan(loaded[0])
    assert loaded[1] == math.inf


def test_numpy_values_are_written_as_what_they_hold(tmp_path: Path) -> None:
    np = pytest.importorskip("numpy")
    JSON().save({"n": np.int64(3), "x": np.float32(0.5), "all": np.arange(3)}, tmp_path / "value.json")
    assert JSON().load(tmp_path / "value.json") == {"n": 3, "x": 0.5, "all": [0, 1, 2]}


def test_what_json_cannot_hold_is_refused_by_type(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="JSON cannot hold a value of type set"):
        JSON().save({1, 2}, tmp_path / "value.json")


def test_a_file_that_is_not_json_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "value.json").write_text("[1,\n oops]")
    with pytest.raises(ValueError, match="line 2 column 2"):
        JSON().load(tmp_path / "value.json")
