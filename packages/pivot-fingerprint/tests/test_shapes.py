"""What a definition does, whatever the functions below it are called."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pivot_fingerprint.analysis import Analysis
from pivot_fingerprint.order import Order
from pivot_fingerprint.parts import Entry
from pivot_fingerprint.processes import Processes
from pivot_fingerprint.recipes import HALF
from pivot_fingerprint.shapes import Shapes
from pivot_fingerprint.sketches import Sketches


@pytest.fixture
def shape(tmp_path: Path) -> Callable[[str, str], str]:
    """What finds the shape of a function in a text."""

    def find(name: str, text: str) -> str:
        (tmp_path / "main.py").write_text(text)
        found = Analysis([str(tmp_path)], path=[]).fingerprints({"it": [Entry("main", name)]})["it"]
        return next(part.digest[HALF:] for part in found.parts if part.name == name)

    return find


PLAIN = "def run(x):\n    return helper(x)\n\n\ndef helper(x):\n    return x + 1\n"


def test_the_name_of_a_plain_function_does_not_count(shape) -> None:
    assert shape("run", PLAIN) == shape("run", PLAIN.replace("helper", "better"))
    assert shape("run", PLAIN) != shape("run", PLAIN.replace("+ 1", "+ 2"))


def test_a_name_that_something_can_see_counts(shape) -> None:
    seen = PLAIN + "SHOWN = str([helper])\n"
    assert shape("run", seen) != shape("run", seen.replace("helper", "better"))
    looked_for = PLAIN + "def find(name):\n    return globals()[name]\n"
    assert shape("run", looked_for) != shape("run", looked_for.replace("helper", "better"))


def test_names_of_classes_count(shape) -> None:
    text = "class Model:\n    pass\n\n\ndef run():\n    return Model()\n"
    assert shape("run", text) != shape("run", text.replace("Model", "Net"))


def test_functions_that_call_each_other(shape) -> None:
    text = "def run(x):\n    return a(x)\ndef a(x):\n    return b(x) + 1\ndef b(x):\n    return a(x) + 2\n"
    renamed = text.replace("b(x)", "c(x)")
    assert shape("run", text) == shape("run", renamed)
    assert shape("a", text) != shape("b", text)
    assert shape("run", text) != shape("run", text.replace("+ 2", "+ 3"))


def test_what_counts_below_is_found_from_below_and_once(look) -> None:
    text = "def run(x):\n    return a(x), c(x)\ndef a(x):\n    return b(x)\n"
    text += "def b(x):\n    return a(x)\ndef c(x):\n    return x\n"
    graph = look(main=text)
    shapes = Shapes(graph, Sketches(graph, Order(graph)), Processes(graph).process(["main"]))
    known: set[int] = set()
    found = []
    for one in shapes.components(graph.number("main", "run"), known):
        known.update(one)
        found.append(graph.names(one))
    assert found == [{"a", "b"}, {"c"}, {"run"}]
    assert list(shapes.components(graph.number("main", "a"), known)) == []


def test_names_of_computed_constants_do_not_count(shape) -> None:
    text = "import math\nBASE = 10\nROOT = math.sqrt(BASE)\n\n\ndef run(x):\n    return x * ROOT\n"
    assert shape("run", text) == shape("run", text.replace("ROOT", "FACTOR").replace("BASE", "TEN"))
    assert shape("run", text) != shape("run", text.replace("10", "11"))
    other = text.replace("10", "[10]")
    assert shape("run", other) != shape("run", other.replace("ROOT", "FACTOR"))


def test_names_of_containers_count_only_where_two_are_alike(shape) -> None:
    text = "NAMES = ['a', 'b']\n\n\ndef run(x):\n    return NAMES.index(x)\n"
    assert shape("run", text) == shape("run", text.replace("NAMES", "LABELS"))
    assert shape("run", text) != shape("run", text.replace("index", "count"))
    twice = text + "SAME = ['a', 'b']\n"
    assert shape("run", twice) != shape("run", twice.replace("NAMES", "LABELS"))
