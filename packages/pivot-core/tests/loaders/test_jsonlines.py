from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot.loaders import JSONLines

RECORDS = st.lists(st.dictionaries(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8"))))


@given(records=RECORDS)
def test_what_is_saved_is_loaded(records: list[Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "records.jsonl"
    JSONLines().save(records, path)
    assert JSONLines().load(path) == records
    assert path.read_bytes().count(b"\n") == len(records)


def test_any_iterable_is_saved_and_empty_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    JSONLines().save((n for n in range(2)), path)
    assert path.read_text() == "0\n1\n"
    path.write_text("0\n\n1")
    assert JSONLines().load(path) == [0, 1]


def test_a_wrong_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "records.jsonl").write_text("{}\n{oops}\n")
    with pytest.raises(ValueError, match="line 2 is not JSON"):
        JSONLines().load(tmp_path / "records.jsonl")
