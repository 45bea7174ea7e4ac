"""Nodes that lead to one another are found together, after those below them."""

from pivot_fingerprint.components import components

GRAPH = {1: [2, 4], 2: [3], 3: [2, 5], 4: [4], 5: [], 6: [1]}


def found(start: int, known: set[int]) -> list[set[int]]:
    rows = []
    for one in components(start, GRAPH.__getitem__, known):
        known.update(one)
        rows.append(set(one))
    return rows


def test_the_lowest_come_first() -> None:
    assert found(1, set()) == [{5}, {2, 3}, {4}, {1}]


def test_what_is_known_is_not_found_again() -> None:
    known: set[int] = set()
    found(2, known)
    assert found(6, known) == [{4}, {1}, {6}]
    assert found(6, known) == []


def test_a_way_of_any_length() -> None:
    known: set[int] = set()
    for one in components(0, lambda node: [node + 1] if node < 5000 else [0], known):
        known.update(one)
    assert len(known) == 5001
