from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot.loaders import Text


@given(text=st.text(st.characters(codec="utf-8")))
def test_what_is_saved_is_loaded_line_ends_included(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "text"
    Text().save(text, path)
    assert Text().load(path) == text
    assert path.read_bytes() == text.encode()


def test_the_encoding_is_a_setting(tmp_path: Path) -> None:
    Text(encoding="latin-1").save("ä", tmp_path / "text")
    assert (tmp_path / "text").read_bytes() == b"\xe4"
    with pytest.raises(UnicodeDecodeError):
        Text().load(tmp_path / "text")
