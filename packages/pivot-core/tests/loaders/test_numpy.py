from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot.loaders import Numpy

np = pytest.importorskip("numpy")


@given(values=st.lists(st.floats(width=64)), other=st.lists(st.integers(-(2**31), 2**31)))
def test_what_is_saved_is_loaded(values: list[Any], other: list[Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    base = tmp_path_factory.getbasetemp()
    array = np.array(values)
    Numpy().save(array, base / "array.npy")
    np.testing.assert_array_equal(Numpy().load(base / "array.npy"), array)
    Numpy().save({"a": array, "b": np.array(other)}, base / "arrays.npz")
    loaded = Numpy().load(base / "arrays.npz")
    assert list(loaded) == ["a", "b"]
    np.testing.assert_array_equal(loaded["b"], np.array(other))


def test_the_path_is_taken_as_it_is(tmp_path: Path) -> None:
    Numpy().save(np.arange(3), tmp_path / "array")
    assert [path.name for path in tmp_path.iterdir()] == ["array"]
    assert Numpy().load(tmp_path / "array").tolist() == [0, 1, 2]


def test_objects_are_refused_unless_asked_for(tmp_path: Path) -> None:
    array = np.array([{}], dtype=object)
    with pytest.raises(ValueError, match="Object arrays"):
        Numpy().save(array, tmp_path / "array.npy")
    Numpy(allow_pickle=True).save(array, tmp_path / "array.npy")
    with pytest.raises(ValueError, match="Object arrays"):
        Numpy().load(tmp_path / "array.npy")
    assert Numpy(allow_pickle=True).load(tmp_path / "array.npy")[0] == {}
