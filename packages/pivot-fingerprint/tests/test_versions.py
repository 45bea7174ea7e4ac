"""Only the branches that this version of Python takes are left, and only where that changes nothing else."""

import ast
import sys

import pytest

from pivot_fingerprint.versions import without_other_versions

MINOR = sys.version_info.minor


def left(source: str) -> str:
    tree = without_other_versions(ast.parse(source), source.encode())
    return "; ".join(ast.unparse(tree).split("\n"))


@pytest.mark.parametrize(
    ("test", "holds"),
    [
        ("sys.version_info >= (3, 8)", True),
        ("sys.version_info < (3, 8)", False),
        (f"sys.version_info > (3, {MINOR})", True),
        (f"sys.version_info == (3, {MINOR})", False),
        (f"sys.version_info[:2] == (3, {MINOR})", True),
        (f"sys.version_info[:2] > (3, {MINOR})", False),
        ("sys.version_info[0] == 2", False),
        (f"sys.version_info.minor != {MINOR}", False),
        ("not sys.version_info.major > 2", False),
        ("sys.version_info >= (3, 8, 1)", None),
        ("sys.version_info[:3] >= (3, 8)", None),
        ("sys.version_info[1.0] >= 8", None),
        ("sys.version_info >= limit", None),
        ("sys.version_info >= (3, 8) and fast", None),
        ("other.version_info >= (3, 8)", None),
    ],
)
def test_conditions(test: str, holds: bool | None) -> None:
    found = left(f"import sys\nif {test}:\n    x = 1\nelse:\n    x = 2\n")
    assert found == {True: "import sys; pass; x = 1", False: "import sys; pass; x = 2"}.get(
        holds, f"import sys; if {test}:;     x = 1; else:;     x = 2"
    )


def test_other_forms() -> None:
    source = "from sys import version_info as v\nx = 1 if v < (3,) else 2\n"
    source += "if v < (3,):\n    y = 1\nelif v[0] == 3:\n    y = 3\n"
    assert left(source) == "from sys import version_info as v; x = 2; pass; pass; y = 3"
    assert left("import sys\nif sys.version_info < (3,):\n    y = 1\n") == "import sys; pass"


@pytest.mark.parametrize(
    "shadow", ["import other as sys", "def f(sys): pass", "sys = 1", "from m import *", "sys.version_info = (2, 7)"]
)
def test_a_name_that_may_mean_something_else(shadow: str) -> None:
    assert "y = 1" in left(f"import sys\n{shadow}\nif sys.version_info < (3,):\n    y = 1\n")


@pytest.mark.parametrize(("dead", "stays"), [("y = 1", True), ("yield y", True), ("return f(y)", False)])
def test_a_branch_that_shapes_its_function_stays(dead: str, stays: bool) -> None:
    found = left(f"import sys\ndef g():\n    if sys.version_info < (3,):\n        {dead}\n    return y\n")
    assert (dead in found) is stays


def test_a_text_in_a_branch_becomes_no_docstring() -> None:
    source = "import sys\ndef g():\n    if sys.version_info > (3,):\n        'text'\n"
    function = without_other_versions(ast.parse(source), source.encode()).body[1]
    assert isinstance(function, ast.FunctionDef)
    assert ast.get_docstring(function) is None
