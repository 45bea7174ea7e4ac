from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pivot.loaders import YAML

TEXT = st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


@given(value=VALUES)
def test_what_is_saved_is_loaded(value: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "value.yaml"
    YAML().save(value, path)
    assert YAML().load(path) == value


def test_order_is_kept_unless_sorting_is_asked_for(tmp_path: Path) -> None:
    YAML().save({"b": "ä", "a": [1]}, tmp_path / "value.yaml")
    assert (tmp_path / "value.yaml").read_bytes() == "b: ä\na:\n- 1\n".encode()
    YAML(sort_keys=True).save({"b": 2, "a": 1}, tmp_path / "value.yaml")
    assert (tmp_path / "value.yaml").read_text() == "a: 1\nb: 2\n"


def test_what_is_wrong_and_where_stands_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "value.yaml").write_text("a: [1,\nb: }")
    with pytest.raises(yaml.YAMLError) as caught:
        YAML().load(tmp_path / "value.yaml")
    assert str(caught.value) == "line 2, column 4: expected the node content, but found '}'"


def test_nothing_is_executed(tmp_path: Path) -> None:
    (tmp_path / "value.yaml").write_text("!!python/object/apply:os.getcwd []")
    with pytest.raises(yaml.YAMLError):
        YAML().load(tmp_path / "value.yaml")
