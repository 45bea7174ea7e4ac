"""The birds at a glance."""

from typing import Annotated

import pandas as pd
from matplotlib.figure import Figure

import pivot


def picture(
    table: Annotated[pd.DataFrame, pivot.Dep("build/clean.csv", pivot.loaders.CSV())],
) -> Annotated[Figure, pivot.Out("build/penguins.png", pivot.loaders.MatplotlibFigure())]:
    """Draw the bill of every bird, a colour for each species."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for name, group in table.groupby("species"):
        axes.scatter(group["culmen_length_mm"], group["culmen_depth_mm"], s=14, label=name)
    axes.set(xlabel="bill length (mm)", ylabel="bill depth (mm)", title="Palmer penguins")
    axes.legend()
    return figure
