"""What the model sees of a bird."""

from typing import Annotated

import pandas as pd

import pivot
from penguins.clean import MEASURES


def features(
    table: Annotated[pd.DataFrame, pivot.Dep("build/clean.csv", pivot.loaders.CSV())],
) -> Annotated[pd.DataFrame, pivot.Out("build/features.csv", pivot.loaders.CSV())]:
    """Scale every measure and add the shape of the bill."""
    found = table[MEASURES].apply(normalize)
    found["bill_shape"] = normalize(table["culmen_length_mm"] / table["culmen_depth_mm"])
    found["species"] = table["species"]
    return found


def normalize(column: pd.Series) -> pd.Series:
    """Shift and scale a column to mean 0 and deviation 1."""
    return (column - column.mean()) / column.std()
