"""Facts survive being kept as bytes, and nothing else is taken for facts."""

import orjson
import pytest

from pivot_fingerprint.definitions import decode, encode, join
from pivot_fingerprint.facts import read_facts

SOURCE = b"""
import utils
from . import sibling as other

LIMIT = 3

class Model:
    def fit(self, rows: "list[int]") -> None:
        "Learn."
        utils.learn(rows, LIMIT)

@utils.register
def run(model):
    model.parts.append(eval("LIMIT"))
"""
FIELDS = (
    "kind",
    "name",
    "binds",
    "line",
    "end",
    "marks",
    "owner",
    "now",
    "guards",
    "text",
    "full",
    "refs",
    "notes",
    "later",
    "nested",
    "opaque",
    "header",
    "hints",
)


def test_facts_come_back_from_bytes() -> None:
    facts = read_facts(SOURCE)
    back = decode(encode(facts))
    assert back is not None
    assert [[getattr(one, field) for field in FIELDS] for one in back.definitions] == [
        [getattr(one, field) for field in FIELDS] for one in facts.definitions
    ]
    assert list(back[1:]) == orjson.loads(orjson.dumps(facts[1:]))


def test_facts_that_were_read_back_are_kept_as_the_same_bytes() -> None:
    data = encode(read_facts(SOURCE))
    back = decode(data)
    assert back is not None
    assert encode(back) == data


@pytest.mark.parametrize(
    "data", [b"", b"not json", b"7", b"[]", b"[[]]", b"[[[1]], {}, [], {}, [], null, [], [], {}, 0]"]
)
def test_other_bytes_are_no_facts(data: bytes) -> None:
    assert decode(data) is None


def test_definition_has_no_other_attributes() -> None:
    definition = read_facts(b"A = 1").definitions[0]
    with pytest.raises(AttributeError, match="absent"):
        definition.absent  # noqa: B018 - reading it is the point


@pytest.mark.parametrize(
    ("path", "attributes", "joined"),
    [
        ("utils", "clean", "utils.clean"),
        ("utils", "", "utils"),
        ("!0:numpy:", "linalg.inv", "!0:numpy:linalg.inv"),
        ("!1:models:Model", "fit", "!1:models:Model.fit"),
    ],
)
def test_join(path: str, attributes: str, joined: str) -> None:
    assert join(path, attributes) == joined
