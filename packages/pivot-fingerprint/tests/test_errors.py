"""Errors tell what is wrong and what to do next, on one line, and survive pickling."""

import pickle

import pytest

from pivot_fingerprint import errors
from pivot_fingerprint.errors import FingerprintError, InvalidTarget, UnknownModule, UnknownName

EXAMPLES = [
    (InvalidTarget("stages"), ["'stages'", "package.module:function"]),
    (UnknownModule("stages", ("/project", "/more")), ["'stages'", "/project, /more", "as a root"]),
    (UnknownModule("numpy", ("/project",), "/lib/numpy.py"), ["'numpy'", "installed", "/lib/numpy.py", "/project"]),
    (UnknownName("stages", "trian", "/project/stages.py", "train"), ["'trian'", "/project/stages.py", "mean 'train'?"]),
    (UnknownName("stages", "trian", "/project/stages.py"), ["'trian'", "check the name"]),
]


@pytest.mark.parametrize(("error", "words"), EXAMPLES)
def test_the_message_says_what_and_where(error: FingerprintError, words: list[str]) -> None:
    assert [word for word in words if word not in str(error)] == []
    assert "\n" not in str(error)


@pytest.mark.parametrize("error", [error for error, _ in EXAMPLES])
def test_an_error_survives_pickling(error: FingerprintError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), vars(again), str(again)) == (type(error), vars(error), str(error))


def test_the_tree_is_drawn_and_every_error_is_shown_here() -> None:
    kinds = FingerprintError.__subclasses__()
    assert {type(error) for error, _ in EXAMPLES} == set(kinds)
    assert [kind.__name__ for kind in kinds if kind.__name__ not in str(errors.__doc__)] == []
