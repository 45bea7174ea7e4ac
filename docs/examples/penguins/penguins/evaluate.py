"""How good the model is on birds that it has not seen."""

from typing import Annotated, Any

import numpy as np
import pandas as pd

import pivot
from penguins.softmax import predict


def evaluate(
    model: Annotated[dict[str, Any], pivot.Dep("build/model.json", pivot.loaders.JSON())],
    table: Annotated[pd.DataFrame, pivot.Dep("build/test.csv", pivot.loaders.CSV())],
) -> Annotated[dict[str, Any], pivot.Metric("metrics.json")]:
    """Count the right answers, in all and by species."""
    found = predict(np.array(model["weights"]), table[model["features"]].to_numpy())
    right = pd.Series(found, index=table.index).map(dict(enumerate(model["species"]))) == table["species"]
    return {
        "accuracy": round(float(right.mean()), 4),
        "birds": len(table),
        "by_species": {name: round(float(group.mean()), 4) for name, group in right.groupby(table["species"])},
    }
