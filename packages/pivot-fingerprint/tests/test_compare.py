"""What counts as a change: new, gone and different parts, but not what was only renamed, moved or written otherwise."""

import pytest

from pivot_fingerprint.compare import HALF, compare, record, text_of
from pivot_fingerprint.parts import Change, Fingerprint, Part


def digest(text: str, shape: str) -> str:
    return text * HALF + shape * HALF


def made_of(*parts: Part, packages: tuple[tuple[str, str], ...] = ()) -> Fingerprint:
    return Fingerprint(tuple(sorted(parts, key=lambda part: part.key)), packages)


CLEAN = Part("func", "work", "clean", digest("1", "2"), "/project/work.py", 3, 5)


def test_a_fingerprint_is_equal_to_its_own_record() -> None:
    fingerprint = made_of(CLEAN, packages=(("numpy", "2.0"),))
    assert record(fingerprint) == {"func:work:clean": CLEAN.digest, "package::numpy": "2.0"}
    assert compare(record(fingerprint), fingerprint) == ()


def test_new_gone_and_different_parts_in_the_order_of_their_keys() -> None:
    rate = Part("const", "work", "RATE", digest("3", "4"), "/project/work.py", 1, 1)
    recorded = {"func:work:clean": digest("8", "9"), "module:gone:": digest("5", "6")}
    assert compare(recorded, made_of(CLEAN, rate)) == (
        Change("const:work:RATE", "const:RATE", None, rate.digest, "/project/work.py", 1),
        Change("func:work:clean", "func:clean", digest("8", "9"), CLEAN.digest, "/project/work.py", 3),
        Change("module:gone:", "module:gone", digest("5", "6"), None),
    )


@pytest.mark.parametrize(
    ("old", "changed"),
    [(digest("1", "9"), False), (digest("9", "2"), False), (digest("9", "9"), True), (digest("2", "1"), True)],
    ids=["same text", "same shape", "neither", "halves swapped"],
)
def test_either_half_of_a_digest_is_enough(old: str, changed: bool) -> None:
    assert bool(compare({CLEAN.key: old}, made_of(CLEAN))) is changed


@pytest.mark.parametrize("kind", ["file", "env", "live"])
def test_what_is_no_definition_has_no_halves(kind: str) -> None:
    part = Part(kind, "", "name", digest("1", "2"))
    assert [one.key for one in compare({part.key: digest("1", "9")}, made_of(part))] == [part.key]


@pytest.mark.parametrize(("kind", "changed"), [("func", False), ("const", False), ("class", True), ("method", True)])
def test_only_functions_and_constants_may_be_renamed(kind: str, changed: bool) -> None:
    part = Part(kind, "moved", "after", digest("1", "2"))
    assert bool(compare({f"{kind}:work:before": digest("9", "2")}, made_of(part))) is changed


def test_packages_count_if_the_record_has_any() -> None:
    current = made_of(CLEAN, packages=(("numpy", "2.1"),))
    assert compare({CLEAN.key: CLEAN.digest}, current) == ()
    assert compare({CLEAN.key: CLEAN.digest, "package::numpy": "2.0"}, current) == (
        Change("package::numpy", "package:numpy", "2.0", "2.1"),
    )


def test_values_of_live_objects_come_from_the_caller() -> None:
    recorded = {CLEAN.key: CLEAN.digest, "live::rate": "a" * 64}
    assert compare(recorded, made_of(CLEAN), others={"live::rate": "a" * 64}) == ()
    assert [one.key for one in compare(recorded, made_of(CLEAN), others={"live::rate": "b" * 64})] == ["live::rate"]
    assert [(one.key, one.new) for one in compare(recorded, made_of(CLEAN))] == [("live::rate", None)]


def test_the_half_of_the_text_is_that_of_the_text_alone() -> None:
    assert text_of("a" * 32 + "b" * 32) == text_of("a" * 32 + "c" * 32) != text_of("b" * 64)
