"""The values: names of objects are 64 lower hex digits and nothing else."""

import pytest

from pivot_cache import Content, InvalidName, ObjectId, hash_bytes, is_object_id, object_id
from pivot_cache.content import are_object_ids


def test_name_of_an_object():
    name = hash_bytes(b"")
    assert object_id(name) == name
    assert is_object_id(name)


@pytest.mark.parametrize(
    "text", ["", "a" * 63, "a" * 65, "A" * 64, "g" * 64, "a" * 64 + "\n", "../" + "a" * 61, "٠" * 64, "a/" + "a" * 62]
)
def test_no_name_of_an_object(text):
    assert not is_object_id(text)
    with pytest.raises(InvalidName) as caught:
        object_id(text)
    assert caught.value.text == text
    assert isinstance(caught.value, ValueError)


def test_names_of_many_objects():
    names = [hash_bytes(bytes([number])) for number in range(3)]
    assert are_object_ids(names)
    assert are_object_ids([])


@pytest.mark.parametrize(
    "bad", [("a" * 63, "a" * 65), ("A" * 64,), ("a" * 63 + " ",), ("a" * 62 + "\n ",), ("g" * 64,), ("٠" * 64,), ("",)]
)
def test_one_that_is_no_name_among_many(bad):
    assert not are_object_ids(["a" * 64, *bad, "b" * 64])


def test_content_compares_by_value():
    one = Content("file", ObjectId("a" * 64), 3)
    assert one == Content("file", ObjectId("a" * 64), 3)
    assert one != Content("executable", ObjectId("a" * 64), 3)
