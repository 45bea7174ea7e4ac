"""The raw table as the field workers wrote it, made into a table to compute with."""

from typing import Annotated

import pandas as pd

import pivot
from penguins.naming import short_species, snake_case

MEASURES = ["culmen_length_mm", "culmen_depth_mm", "body_mass_g"]


def clean(
    raw: Annotated[pd.DataFrame, pivot.Dep("data/penguins-raw.csv", pivot.loaders.CSV())],
) -> Annotated[pd.DataFrame, pivot.Out("build/clean.csv", pivot.loaders.CSV())]:
    """Keep the birds with every measure, under plain column names."""
    table = raw.rename(columns=snake_case)
    table["species"] = table["species"].map(short_species)
    return table[["species", "island", "sex", *MEASURES]].dropna(subset=MEASURES)
