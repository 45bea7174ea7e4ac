from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot.loaders import Pickle


@given(value=st.lists(st.fractions() | st.frozensets(st.integers()) | st.binary()))
def test_what_is_saved_is_loaded(value: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "value.pickle"
    Pickle().save(value, path)
    assert Pickle().load(path) == value


def test_the_protocol_is_a_setting(tmp_path: Path) -> None:
    Pickle(protocol=2).save(Fraction(1, 2), tmp_path / "value.pickle")
    assert (tmp_path / "value.pickle").read_bytes()[:2] == b"\x80\x02"
