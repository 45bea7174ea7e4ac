import sys
from pathlib import Path

import pytest

from pivot.errors import MissingLibrary
from pivot.loaders import CSV, YAML, MatplotlibFigure, Numpy, Parquet
from pivot.loaders.library import library


def test_a_missing_library_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingLibrary) as caught:
        library("pandas", loader="CSV", install="pandas")
    assert str(caught.value) == "loaders.CSV needs pandas, which is not installed: pip install pandas"
    assert caught.value.exit_code == 3


def test_a_library_that_is_there_but_broken_raises_as_it_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_library.py").write_text("import something_that_is_not_there")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="something_that_is_not_there"):
        library("broken_library", loader="CSV", install="broken-library")


@pytest.mark.parametrize(
    ("loader", "module", "install"),
    [
        (CSV(), "pandas", "pandas"),
        (Parquet(), "pyarrow", "pyarrow"),
        (Numpy(), "numpy", "numpy"),
        (YAML(), "yaml", "pyyaml"),
        (MatplotlibFigure(), "matplotlib", "matplotlib"),
    ],
)
def test_each_loader_says_what_to_install(
    loader: CSV, module: str, install: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingLibrary, match=f"pip install {install}$"):
        loader.save(None, tmp_path / "file")
    if hasattr(loader, "load"):
        with pytest.raises(MissingLibrary, match=f"pip install {install}$"):
            loader.load(tmp_path / "file")
