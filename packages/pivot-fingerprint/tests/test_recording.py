"""Methods that only store what they get."""

import ast

import pytest

from pivot_fingerprint.recording import only_records
from pivot_fingerprint.trees import nodes

RECORDS = [
    "def add(self, f): self.items[f.__name__] = f",
    """def add(self, f):
    self.items.append(f)
    return f""",
    """def add(self, f):
    if f.__name__ in self.items:
        raise KeyError(f)
    self.items[f.__name__] = f
    return f""",
    """def add(self, name):
    def keep(f):
        self.items.setdefault(name, []).append(f)
        return f
    return keep""",
    """def add(self, f):
    self.last = f
    def wrapper(x): return f(x)
    return wrapper""",
    """@classmethod
def add(cls, f): cls.items.append(f)""",
    "def add(self, f): return f",
]
DEPENDS = [
    """def add(self, f):
    self.items.append(f)
    return len(self.items)""",
    "def add(self, f): self.items[self.next] = f",
    """def add(self, f):
    def wrapper(x): return f(x) * self.scale
    return wrapper""",
    "def add(self, f): return Task(self, f)",
    """def add(self, f):
    if f in self.items:
        return None
    self.items.append(f)""",
    """@property
def items(self): return 1""",
    "def add(): return 1",
]


def _only_records(text: str) -> bool:
    method = ast.parse(text).body[0]
    assert isinstance(method, ast.FunctionDef)
    return only_records(method, nodes(method))


@pytest.mark.parametrize("text", RECORDS)
def test_what_only_records(text: str) -> None:
    assert _only_records(text)


@pytest.mark.parametrize("text", DEPENDS)
def test_what_depends_on_what_is_there(text: str) -> None:
    assert not _only_records(text)
