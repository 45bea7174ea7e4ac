"""Arrays, scalars and types of numpy have digests by their content, whatever their layout in memory."""

import decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot_fingerprint.arrays import array_digest
from pivot_fingerprint.preimage import hash_pieces

np = pytest.importorskip("numpy")


def digest(value: Any) -> bytes | None:
    """With a stand-in for the digests of objects that takes their text."""
    return array_digest(value, lambda content: hash_pieces("stand-in", repr(content).encode()))


@pytest.mark.parametrize("value", [None, 1, [1.0], decimal.Decimal(1), memoryview(b"a"), len, np, np.mean, np.float64])
def test_what_is_no_array_has_none(value: object) -> None:
    assert digest(value) is None


@pytest.mark.parametrize(
    "value",
    [np.ma.array([1]), np.array([1]).view(np.recarray), np.zeros(1, [("a", "i1")])[0]],
    ids=lambda v: type(v).__name__,
)
def test_what_has_more_than_its_elements_is_left_to_its_pickling(value: object) -> None:
    assert digest(value) is None


@pytest.mark.parametrize("shape", [(), (0,), (1,), (0, 3), (3, 0), (1, 6), (2, 3), (3, 2), (6,)])
def test_shapes_differ(shape: tuple[int, ...]) -> None:
    others = {(), (0,), (1,), (0, 3), (3, 0), (1, 6), (2, 3), (3, 2), (6,)} - {shape}
    assert digest(np.zeros(shape)) == digest(np.zeros(shape))
    assert digest(np.zeros(shape)) not in {digest(np.zeros(other)) for other in others}


@pytest.mark.parametrize(
    "other",
    [np.zeros(4, "<i4"), np.zeros(4, ">i2"), np.zeros(4, "<u2"), np.zeros(4, "<f2"), np.zeros(4, "V2")],
    ids=lambda v: v.dtype.str,
)
def test_types_of_elements_differ(other: Any) -> None:
    assert digest(other) != digest(np.zeros(4, "<i2"))


def test_layout_does_not_count(tmp_path: Path) -> None:
    array = np.arange(24).reshape(2, 3, 4)
    mapped = np.memmap(tmp_path / "array", array.dtype, "w+", shape=array.shape)
    mapped[:] = array
    backwards = np.ascontiguousarray(array[::-1, :, ::-1])[::-1, :, ::-1]
    for same in (np.asfortranarray(array), backwards, mapped, array.repeat(2, 0)[::2]):
        assert digest(same) == digest(array)
    assert digest(array.T) != digest(array)


def test_bytes_between_fields_do_not_count() -> None:
    padded = np.dtype([("a", "i1"), ("b", "f8")], align=True)
    clean, dirty = np.zeros(2, padded), np.frombuffer(b"\xff" * 32, padded).copy()
    for field in padded.names:
        dirty[field] = 0
    assert clean.tobytes() != dirty.tobytes()
    assert digest(clean) == digest(dirty)
    dirty["b"][1] = 1
    assert digest(clean) != digest(dirty)


def test_fields_in_another_order_than_in_memory() -> None:
    table = np.array([(1, 2)], [("a", "i4"), ("b", "i4")])
    assert digest(table[["b", "a"]]) == digest(table[["b", "a"]].copy())
    assert len({digest(table), digest(table[["b", "a"]]), digest(table[["a"]])}) == 3


def test_arrays_of_objects_by_their_objects() -> None:
    texts = [np.array(["".join(["a", letter]), None], dtype=object) for letter in "bbc"]
    assert digest(texts[0]) == digest(texts[1])
    assert digest(texts[0]) != digest(texts[2])
    fields = [np.array([(1, [text])], [("n", "i1"), ("o", object)]) for text in ("x", "x", "y")]
    assert digest(fields[0]) == digest(fields[1])
    assert digest(fields[0]) != digest(fields[2])


def test_long_texts_by_their_text() -> None:
    texts = [np.array([letter * 50], dtype=np.dtypes.StringDType()) for letter in "aab"]
    assert digest(texts[0]) == digest(texts[1])
    assert digest(texts[0]) != digest(texts[2])


def test_scalars_are_not_arrays_and_have_types() -> None:
    values = [
        np.float32(0),
        np.float64(0),
        np.float32(1),
        np.array(0, "f4"),
        np.dtype("f4"),
        np.str_("a"),
        np.bytes_("a"),
    ]
    assert len({digest(value) for value in values}) == len(values)
    assert None not in map(digest, values)


def test_types() -> None:
    types = [
        "<f4", ">f4", "V8", ("i4", (2,)), ("f4", (2,)), ("i4", (2, 1)), "M8[s]", "M8[D]", [("a", "i4")], [("b", "i4")],
        [("a", "i4", (2,))], [("a", "i4"), ("b", "i4")], [("a", [("b", "i4")])],
        {"names": ["a"], "formats": ["i4"], "itemsize": 8}, {"names": ["a"], "formats": ["i4"], "offsets": [4]},
        {"names": ["a", "b"], "formats": ["i4", "i4"], "offsets": [4, 0]},
        {"names": ["a", "b"], "formats": ["i4", "i1"], "offsets": [0, 0]},
    ]  # fmt: skip
    assert len({digest(np.dtype(one)) for one in types}) == len(types)
    assert digest(np.dtype([("a", "i4")])) == digest(np.dtype([("a", "i4")]))


numbers = st.lists(st.integers(-2, 2), max_size=3)


@given(numbers, numbers)
def test_equal_digests_exactly_for_equal_arrays(one: list[int], two: list[int]) -> None:
    assert (digest(np.array(one, "i8")) == digest(np.array(two, "i8"))) == (one == two)
