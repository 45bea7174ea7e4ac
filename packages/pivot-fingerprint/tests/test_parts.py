"""Names of parts: unique ones for records, short ones for people."""

import pytest

from pivot_fingerprint.parts import Fingerprint, Part


@pytest.mark.parametrize(
    ("kind", "module", "name", "key", "label"),
    [
        ("func", "utils", "normalize", "func:utils:normalize", "func:normalize"),
        ("method", "pack.models", "Model.fit", "method:pack.models:Model.fit", "method:Model.fit"),
        ("module", "pack.models", "", "module:pack.models:", "module:pack.models"),
        ("package", "", "numpy", "package::numpy", "package:numpy"),
        ("env", "", "HOME", "env::HOME", "env:HOME"),
    ],
)
def test_names(kind: str, module: str, name: str, key: str, label: str) -> None:
    part = Part(kind, module, name, "0" * 64)
    assert part.key == key
    assert part.label == label


def test_neither_place_nor_digest_is_part_of_the_identity() -> None:
    here, there = (
        Part("func", "a", "f", "0" * 64, "/one/a.py", 1, 2),
        Part("func", "a", "f", "1" * 64, "/two/a.py", 7, 9),
    )
    assert here != there
    assert here.key == there.key


def test_what_is_not_told_is_empty() -> None:
    assert Fingerprint((), ()) == ((), (), (), {}, ())
