"""What code does to others when it runs."""

from pathlib import Path

import pytest

from pivot_fingerprint.behaviour import NOTHING, Behaviour, Effects, joined
from pivot_fingerprint.memo import PlainMemo
from pivot_fingerprint.modules import Finder
from pivot_fingerprint.objects import Objects
from pivot_fingerprint.resolve import Resolver
from pivot_fingerprint.sources import Source, Sources

BASE = """
ITEMS = []
LIMIT = 1
def keep(x): ITEMS.append(x)
def items(): return ITEMS
def copied(): return list(ITEMS)
def ping(n):
    ITEMS.append(n)
    pong(n)
def pong(n): ping(n)
class Rated:
    rate = property(None)
    def __setitem__(self, key, x): keep(x)
    def __rshift__(self, x): keep(x)
    def run(self): keep(1)
rated = Rated()
"""


def names(root: Path, text: str) -> set[str]:
    """Return the names of ``base`` that a function ``main`` with this body changes."""
    (root / "base.py").write_text(BASE)
    (root / "main.py").write_text("from base import *\n\ndef main():\n    " + text.replace("\n", "\n    ") + "\n")
    sources = Sources(Finder([str(root)], []), PlainMemo())
    module = sources.module("main")
    assert isinstance(module, Source)
    resolver = Resolver(sources)
    behaviour = Behaviour(resolver, Objects(resolver))
    base = sources.module("base")
    assert isinstance(base, Source)
    [ping, main] = [
        one.first + at
        for one, name in ((base, "ping"), (module, "main"))
        for at, definition in enumerate(one.facts.definitions)
        if definition.name == name
    ]
    behaviour.summary(ping)  # asked before what it calls, which calls it again
    return {name for of, name in behaviour.summary(main).names if of == "base"}


@pytest.mark.parametrize(
    "text",
    [
        "list(map(keep, [1]))",
        "sorted([1], key=lambda x: ITEMS.append(x))",
        "unknown.start(keep)",
        "rated['x'] = 1",
        "rated >> 1",
        "Rated().run()",
        "found = items()\nfound.append(1)",
        "getattr(ITEMS, 'append')(1)",
        "for one in (ITEMS,): one.append(1)",
        "pong(1)",
    ],
)
def test_what_is_changed(tmp_path: Path, text: str) -> None:
    assert "ITEMS" in names(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "found = list(map(str, ITEMS))\nfound.append(1)",
        "found = ITEMS.copy()\nfound.append(1)",
        "print(ITEMS)",
        "return sorted(ITEMS, key=lambda x: -x)",
        "return ITEMS + [LIMIT]",
    ],
)
def test_what_is_not_changed(tmp_path: Path, text: str) -> None:
    assert "ITEMS" not in names(tmp_path, text)


def test_joined_effects() -> None:
    one = Effects(names=frozenset({("a", "X")}), changed=frozenset({0}))
    two = Effects(names=frozenset({("b", "Y")}), loud=frozenset({"os"}))
    assert joined([]) == NOTHING
    assert joined([one, NOTHING]) == one
    assert joined([one, two]) == Effects(one.names | two.names, one.changed, frozenset(), two.loud)
