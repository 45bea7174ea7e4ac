"""Parts made of recipes, and what new texts change in them."""

from pivot_fingerprint.definitions import Facts
from pivot_fingerprint.facts import read_facts
from pivot_fingerprint.parts import Fingerprint, Part
from pivot_fingerprint.recipes import HALF, NO_SHAPE, Answer, Book, Recipe, Row, combined, digest, fingerprints

SOURCE = b"def low(x):\n    return x\n\n\ndef high(x):\n    return low(x)\n"


def recipe(at: int, name: str, facts: Facts, *shapes: tuple[int, int, str]) -> Recipe:
    one = facts.definitions[at]
    names = [f"main:{path}" for path, _ in one.refs]
    return Recipe(0, at, "func", name, "nameless", "text", names, list(shapes), one.text, one.line, one.end)


def make(fresh: Facts | None = None, parts: list[int] | None = None) -> Fingerprint:
    facts = read_facts(SOURCE)
    recipes = [recipe(0, "low", facts), recipe(1, "high", facts, (0, 0, ""))]
    rows = [Row(1, [], None, []), Row(0, [], None, []), Row(0, ["later"], None, []), Row(0, [], ["and this"], [])]
    joined = [[(1, ["second"])], [(1, []), (1, [])], [(1, []), (~0, [])]]
    rows += [Row(-1, [], None, group) for group in joined]
    book = Book([("main", "/main.py")], recipes, [[0], [1]], rows, [Part("env", "", "HOME", "ab" * 32)])
    answer = Answer("it", parts or [0, 1], (), [], [])
    return fingerprints(book, [answer], {0: fresh} if fresh else {})["it"]


def test_a_new_text_below_changes_one_text_and_all_shapes_above() -> None:
    before, after = make(), make(read_facts(b"# moved\n" + SOURCE.replace(b"return x", b"return -x")))
    (high, low), (new_high, new_low) = before.parts, after.parts
    assert high.digest[:HALF] == new_high.digest[:HALF]
    assert high.digest[HALF:] != new_high.digest[HALF:]
    assert low.digest[:HALF] != new_low.digest[:HALF]
    assert [(part.line, part.end_line) for part in after.parts] == [(6, 7), (2, 3)]


def test_the_same_text_elsewhere_changes_lines_alone() -> None:
    before, after = make(), make(read_facts(b"\n\n" + SOURCE))
    assert [part.digest for part in before.parts] == [part.digest for part in after.parts]
    assert before.parts != after.parts


def test_order_and_further_texts_count() -> None:
    digests = [part.digest for part in make(parts=[1, 2, 3, 4, 5, 6]).parts]
    assert len(set(digests)) == len(digests)
    assert make(parts=[~0]).parts == (Part("env", "", "HOME", "ab" * 32),)


def test_a_module_that_is_only_loaded_has_no_name() -> None:
    facts = read_facts(SOURCE)

    def shape_of(name: str) -> str:
        one = recipe(1, "high", facts, (0, NO_SHAPE, ""))._replace(names=[name])
        book = Book([("main", "/main.py")], [one], [[0]], [Row(0, [], None, [])], [])
        return fingerprints(book, [Answer("it", [0], (), [], [])], {})["it"].parts[0].digest[HALF:]

    assert shape_of("module a") == shape_of("module b")


def test_a_digest_tells_texts_apart() -> None:
    assert len(digest(["a"])) == 64
    assert len({digest(["a", "b"]), digest(["ab"]), digest(["b", "a"]), digest(["\ud800"])}) == 4
    assert combined(["a" * 64], ["x"])[:HALF] == combined(["a" * 32 + "b" * 32], ["x"])[:HALF]
