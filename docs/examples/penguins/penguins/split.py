"""Which birds the model learns from, and which it is judged by."""

from typing import Annotated, TypedDict

import numpy as np
import pandas as pd

import pivot


class SplitParams(pivot.StageParams):
    """How to divide the birds."""

    test_share: float = 0.2
    seed: int = 0


class Split(TypedDict):
    """Two tables of features."""

    train: Annotated[pd.DataFrame, pivot.Out("build/train.csv", pivot.loaders.CSV())]
    test: Annotated[pd.DataFrame, pivot.Out("build/test.csv", pivot.loaders.CSV())]


def split(
    table: Annotated[pd.DataFrame, pivot.Dep("build/features.csv", pivot.loaders.CSV())],
    params: SplitParams,
) -> Split:
    """Deal the birds out at random, the same way for the same seed."""
    order = np.random.default_rng(params.seed).permutation(len(table))
    cut = int(len(table) * params.test_share)
    return {"train": table.iloc[order[cut:]], "test": table.iloc[order[:cut]]}
