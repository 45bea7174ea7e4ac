"""From the raw Palmer penguins table to a classifier of their species, its score and a picture."""

import pivot
from penguins.clean import clean
from penguins.evaluate import evaluate
from penguins.features import features
from penguins.picture import picture
from penguins.split import split
from penguins.train import train

pipeline = pivot.Pipeline("penguins")
for stage in (clean, features, split, train, evaluate, picture):
    pipeline.register(stage)
