"""What a definition does, whatever the functions below it are called."""

from pathlib import Path

from pivot_fingerprint.effects import Examiner
from pivot_fingerprint.graph import Graph
from pivot_fingerprint.memo import PlainMemo
from pivot_fingerprint.modules import Finder
from pivot_fingerprint.order import Order
from pivot_fingerprint.processes import Processes
from pivot_fingerprint.resolve import Resolver
from pivot_fingerprint.shapes import Shapes, digest
from pivot_fingerprint.sources import Source, Sources


def write(root: Path, **modules: str) -> None:
    for name, text in modules.items():
        (root / f"{name}.py").write_text(text)


def look(root: Path) -> Graph:
    resolver = Resolver(Sources(Finder([str(root)], []), PlainMemo()))
    return Graph(resolver, Examiner(resolver), str(root))


def number(graph: Graph, module: str, name: str) -> int:
    found = graph.sources.module(module)
    assert isinstance(found, Source)
    return next(
        found.first + at for at, one in enumerate(found.facts.definitions) if name == one.name or name in one.binds
    )


def shape(root: Path, name: str, text: str) -> str:
    write(root, main=text)
    graph = look(root)
    return Shapes(graph, Order(graph), Processes(graph).process(["main"])).shape(number(graph, "main", name))


PLAIN = "def run(x):\n    return helper(x)\n\n\ndef helper(x):\n    return x + 1\n"


def test_the_name_of_a_plain_function_does_not_count(tmp_path: Path) -> None:
    assert shape(tmp_path, "run", PLAIN) == shape(tmp_path, "run", PLAIN.replace("helper", "better"))
    assert shape(tmp_path, "run", PLAIN) != shape(tmp_path, "run", PLAIN.replace("+ 1", "+ 2"))


def test_a_name_that_something_can_see_counts(tmp_path: Path) -> None:
    seen = PLAIN + "SHOWN = [helper]\n"
    assert shape(tmp_path, "run", seen) != shape(tmp_path, "run", seen.replace("helper", "better"))
    looked_for = PLAIN + "def find(name):\n    return globals()[name]\n"
    assert shape(tmp_path, "run", looked_for) != shape(tmp_path, "run", looked_for.replace("helper", "better"))


def test_names_of_classes_count(tmp_path: Path) -> None:
    text = "class Model:\n    pass\n\n\ndef run():\n    return Model()\n"
    assert shape(tmp_path, "run", text) != shape(tmp_path, "run", text.replace("Model", "Net"))


def test_functions_that_call_each_other(tmp_path: Path) -> None:
    text = "def run(x):\n    return a(x)\ndef a(x):\n    return b(x) + 1\ndef b(x):\n    return a(x) + 2\n"
    renamed = text.replace("b(x)", "c(x)")
    assert shape(tmp_path, "run", text) == shape(tmp_path, "run", renamed)
    assert shape(tmp_path, "a", text) != shape(tmp_path, "b", text)
    assert shape(tmp_path, "run", text) != shape(tmp_path, "run", text.replace("+ 2", "+ 3"))


def test_a_digest_tells_texts_apart() -> None:
    assert len(digest(["a"])) == 64
    assert len({digest(["a", "b"]), digest(["ab"]), digest(["b", "a"]), digest(["\ud800"])}) == 4
