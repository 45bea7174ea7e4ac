from pathlib import Path

import pytest

from pivot.loaders import Parquet

pd = pytest.importorskip("pandas")
pytest.importorskip("pyarrow")


def test_types_and_index_come_back(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"n": [1, 2], "x": [0.5, float("nan")], "when": pd.to_datetime(["2024-01-01", "2025-06-30"]), "s": ["ä", "b"]},
        index=pd.Index(["p", "q"], name="key"),
    )
    Parquet().save(table, tmp_path / "table.parquet")
    pd.testing.assert_frame_equal(Parquet().load(tmp_path / "table.parquet"), table)


def test_settings_are_passed_on(tmp_path: Path) -> None:
    Parquet(write={"compression": "gzip"}).save(pd.DataFrame({"a": [1], "b": [2]}), tmp_path / "table.parquet")
    assert list(Parquet(read={"columns": ["b"]}).load(tmp_path / "table.parquet")) == ["b"]


def test_only_tables_are_written(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="pandas DataFrame, not a value of type dict"):
        Parquet().save({"a": [1]}, tmp_path / "table.parquet")
