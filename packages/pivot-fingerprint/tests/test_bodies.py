"""Edits that an import does not notice, and edits that it does."""

import pytest

from pivot_fingerprint.bodies import moved_lines

OLD = '''\
import functools

LIMIT = 3

def ran(x):
    return x + 1

@functools.cache
def slept(x):
    """Sleep."""
    return x + LIMIT

class Model:
    rate = ran(1)

    def fit(self, x):
        def inner():
            return x
        self.done = inner()

if LIMIT:
    def late(): return [x for x in ()]
'''
RAN = [("ran", 5)]


def edited(*edits: tuple[str, str]) -> dict[int, int] | None:
    new = OLD
    for old, text in edits:
        assert new.count(old) == 1
        new = new.replace(old, text)
    return moved_lines(OLD.encode(), new.encode(), RAN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return x + LIMIT", "return x - LIMIT"),
        ("return x + LIMIT", "import json\n    for y in x:\n        x += y\n    return json.dumps(x)"),
        ("return x\n", "return x + 7\n"),
        ("return [x for x in ()]", "return 7"),
        ("LIMIT = 3", "# a comment\n\nLIMIT = 3"),
    ],
)
def test_bodies_that_did_not_run_do_not_count(old: str, new: str) -> None:
    assert edited((old, new)) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return x + 1", "return x + 2"),  # this one ran
        ("LIMIT = 3", "LIMIT = 3.0"),
        ("LIMIT = 3", "LIMIT = 3; OTHER = 4"),
        ("slept(x)", "slept(x, y)"),
        ("slept(x)", "slept(x: int)"),
        ("slept(x)", "slept(x=LIMIT)"),
        ("slept(x)", "dozed(x)"),
        ("@functools.cache", "@functools.lru_cache"),
        ('"""Sleep."""', '"""Doze."""'),
        ("return x + LIMIT", "yield x + LIMIT"),
        ("self.done =", "self.ready ="),
        ("self.done = inner()", "self.done = super().fit"),
        ("rate = ran(1)", "rate = ran(2)"),
        ("if LIMIT:", "if not LIMIT:"),
        ("return x + LIMIT", "return (x +"),
        ("return x + LIMIT", "nonlocal LIMIT"),  # no error of the parser's, but the compiler's
    ],
)
def test_whatever_an_import_can_see_counts(old: str, new: str) -> None:
    assert edited((old, new)) is None


def test_lines_move_with_what_is_above_them() -> None:
    lines = edited(("    return x + LIMIT", "    y = x\n\n    return y + LIMIT"))
    assert lines is not None
    assert (lines[5], lines[8], lines[13], lines[14], lines[22]) == (5, 8, 15, 16, 24)
    assert 11 not in lines


def test_one_line_that_becomes_two_has_no_place() -> None:
    assert moved_lines(b"a = 1; b = 2\n", b"a = 1\nb = 2\n", []) is None
    assert moved_lines(b"a = 1\n", b"\n\na = 1\n", []) == {0: 0, 1: 3}
