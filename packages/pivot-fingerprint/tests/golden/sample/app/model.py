"""Classes: a base with a hook, and one that inherits."""

from typing import NamedTuple

KNOWN = []


class Step(NamedTuple):
    size: float = 1.0


class Model:
    def __init_subclass__(cls):
        KNOWN.append(cls)

    def __init__(self, rate):
        self.weights = [Step().size * rate]


class Ridge(Model):
    @property
    def size(self):
        return len(self.weights)

    def update(self, row, loss):
        self.weights.append(loss(row, self.weights[-1]) / self.size)
