"""Errors keep their fields across a process boundary."""

import pickle

import pytest

from pivot import errors
from pivot.errors import DeclarationError, PivotError


def test_fields_survive_pickling() -> None:
    error = DeclarationError("wrong", stage="a", argument="x", file="p.py", line=3, hint="mend it", details="…")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is DeclarationError and again.problem == "wrong" and again.fields() == error.fields()


@pytest.mark.parametrize("kind", [kind for kind in vars(errors).values() if isinstance(kind, type)])
def test_the_tree_is_drawn_in_the_docstring(kind: type) -> None:
    if issubclass(kind, PivotError):
        assert kind.__name__ in (errors.__doc__ or "")
