import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot.loaders import Bytes


@given(data=st.binary())
def test_what_is_saved_is_loaded(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "data"
    Bytes().save(data, path)
    assert Bytes().load(path) == data
