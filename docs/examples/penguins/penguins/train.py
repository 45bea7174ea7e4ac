"""Learning to tell the species apart."""

from typing import Annotated, Any

import pandas as pd

import pivot
from penguins.softmax import fit


class TrainParams(pivot.StageParams):
    """How long and how fast to learn."""

    learning_rate: float = 0.1
    steps: int = 100


def train(
    table: Annotated[pd.DataFrame, pivot.Dep("build/train.csv", pivot.loaders.CSV())],
    params: TrainParams,
) -> Annotated[dict[str, Any], pivot.Out("build/model.json", pivot.loaders.JSON())]:
    """Fit the model on the training birds."""
    species = sorted(table["species"].unique())
    inputs = table.drop(columns="species")
    labels = table["species"].map(species.index).to_numpy()
    weights = fit(inputs.to_numpy(), labels, len(species), learning_rate=params.learning_rate, steps=params.steps)
    return {"species": species, "features": list(inputs.columns), "weights": weights.tolist()}
