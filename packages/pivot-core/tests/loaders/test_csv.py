from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pivot.loaders import CSV

pd = pytest.importorskip("pandas")

COLUMNS = st.lists(
    st.tuples(st.integers(-(2**40), 2**40), st.integers(-1000, 1000).map(lambda n: n / 4), st.sampled_from("abc")),
    min_size=1,
    max_size=20,
)


@settings(max_examples=30)
@given(rows=COLUMNS)
def test_what_is_saved_is_loaded(rows: list[Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "table.csv"
    table = pd.DataFrame(rows, columns=["n", "x", "letter"])
    loader = CSV()
    loader.save(table, path)
    pd.testing.assert_frame_equal(loader.load(path), table)


def test_the_index_is_written_only_on_request(tmp_path: Path) -> None:
    table = pd.DataFrame({"n": [1, 2]}, index=["a", "b"])
    CSV().save(table, tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_text() == "n\n1\n2\n"
    kept = CSV(read={"index_col": 0}, write={"index": True})
    kept.save(table, tmp_path / "table.csv")
    pd.testing.assert_frame_equal(kept.load(tmp_path / "table.csv"), table)


def test_settings_are_passed_on(tmp_path: Path) -> None:
    loader = CSV(read={"sep": ";", "dtype": {"id": str}}, write={"sep": ";"})
    (tmp_path / "table.csv").write_text("id;n\n007;1\n")
    table = loader.load(tmp_path / "table.csv")
    assert table.loc[0, "id"] == "007"
    loader.save(table, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_text() == "id;n\n007;1\n"


def test_only_tables_are_written(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="pandas DataFrame, not a value of type list"):
        CSV().save([1, 2], tmp_path / "table.csv")
