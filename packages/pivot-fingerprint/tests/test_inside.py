"""Dotted names in the text of a module."""

import pytest

from pivot_fingerprint.inside import has_inside

SOURCE = """
class Model(object):
    rate = 1

class Plain:
    rate: int = 1
    deep: int
    class Inner:
        def fit(self): self.fitted = True
    if rate:
        def late(self): pass

def make(factor):
    def scaled(x):
        return x * factor
    return scaled

model = Model()
"""


@pytest.mark.parametrize(
    "name",
    [
        "Plain.rate", "Plain.deep", "Plain.Inner.fit", "Plain.late", "Plain.Inner.fitted", "make.scaled",
        "make.<locals>.scaled",
        "Model.inherited", "model.anything.at.all",
    ],
)  # fmt: skip
def test_what_is_there_or_may_be(name: str) -> None:
    assert has_inside(SOURCE, name)


@pytest.mark.parametrize("name", ["Plain.rat", "make.factor", "make.scaled.x", "nothing.fit"])
def test_what_is_not(name: str) -> None:
    assert not has_inside(SOURCE, name)
