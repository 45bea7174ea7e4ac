from pathlib import Path
from typing import Any

import pytest

from pivot.loaders import MatplotlibFigure

figures = pytest.importorskip("matplotlib.figure")


def figure() -> Any:
    made = figures.Figure(figsize=(2, 2))
    made.subplots().plot([1, 2, 3])
    return made


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_the_same_figure_gives_the_same_bytes(
    suffix: str, start: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / f"first.{suffix}", tmp_path / f"second.{suffix}"
    MatplotlibFigure().save(figure(), first)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")  # matplotlib's clock: a date in the file would be another one
    MatplotlibFigure().save(figure(), second)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().startswith(start)


def test_settings_are_passed_on(tmp_path: Path) -> None:
    MatplotlibFigure(write={"format": "png", "metadata": {"Title": "growth"}}).save(figure(), tmp_path / "plot")
    assert b"growth" in (tmp_path / "plot").read_bytes()


def test_only_figures_are_written(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="writes a Figure, not a value of type Axes"):
        MatplotlibFigure().save(figure().axes[0], tmp_path / "plot.png")
