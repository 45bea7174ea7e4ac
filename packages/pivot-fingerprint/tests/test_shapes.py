"""What a definition does, whatever the functions below it are called."""

from collections.abc import Callable

import pytest

from pivot_fingerprint.order import Order
from pivot_fingerprint.processes import Processes
from pivot_fingerprint.shapes import Shapes, digest


@pytest.fixture
def shape(look) -> Callable[[str, str], str]:
    """What finds the shape of a definition in a text."""

    def find(name: str, text: str) -> str:
        graph = look(main=text)
        return Shapes(graph, Order(graph), Processes(graph).process(["main"])).shape(graph.number("main", name))

    return find


PLAIN = "def run(x):\n    return helper(x)\n\n\ndef helper(x):\n    return x + 1\n"


def test_the_name_of_a_plain_function_does_not_count(shape) -> None:
    assert shape("run", PLAIN) == shape("run", PLAIN.replace("helper", "better"))
    assert shape("run", PLAIN) != shape("run", PLAIN.replace("+ 1", "+ 2"))


def test_a_name_that_something_can_see_counts(shape) -> None:
    seen = PLAIN + "SHOWN = [helper]\n"
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


def test_a_digest_tells_texts_apart() -> None:
    assert len(digest(["a"])) == 64
    assert len({digest(["a", "b"]), digest(["ab"]), digest(["b", "a"]), digest(["\ud800"])}) == 4
