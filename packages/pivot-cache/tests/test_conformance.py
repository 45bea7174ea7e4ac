"""The checks find what they are there to find: each fails for a store with one fault."""

import inspect
from io import BytesIO

import pytest

from pivot_cache import MemoryStore, ObjectCorrupt, ObjectMissing, conformance, hash_bytes


class NotEmpty(MemoryStore):
    def __init__(self):
        super().__init__()
        self.add_bytes(b"here already")


class Silent(MemoryStore):
    def size(self, oid):
        return 0


class Forgetful(MemoryStore):
    def read(self, oid):
        return super().read(oid)[:1000]


class Repeating(MemoryStore):
    def ids(self):
        yield from super().ids()
        yield from super().ids()


class Rewriting(MemoryStore):
    def add(self, oid, stream):
        super().add(oid, stream)
        self.add_bytes(b"something else")


class Impatient(MemoryStore):
    def add(self, oid, stream):
        super().add(oid, BytesIO(stream.read(1 << 16)))


class Greedy(MemoryStore):
    def add(self, oid, stream):
        self.objects[oid] = stream.read(1 << 20)
        super().add(oid, BytesIO(self.objects[oid]))


class Swallowing(MemoryStore):
    def add(self, oid, stream):
        try:
            super().add(oid, stream)
        except ConnectionResetError:
            return


class OneReader(MemoryStore):
    def open(self, oid):
        self.shared = getattr(self, "shared", None) or super().open(oid)
        return self.shared


class Hundred(MemoryStore):
    def missing(self, ids):
        return super().missing(list(ids)[:100])


class Trusting(MemoryStore):
    def has(self, oid):
        return oid in self.objects


class Clumsy(MemoryStore):
    def add_bytes(self, data):
        if len(self.objects) > 5:
            raise ObjectMissing(hash_bytes(data))
        return super().add_bytes(data)


@pytest.mark.parametrize(
    ("check", "faulty"),
    [
        (conformance.is_empty_at_first, NotEmpty),
        (conformance.says_what_is_missing, Silent),
        (conformance.keeps_bytes, Forgetful),
        (conformance.lists_its_objects, Repeating),
        (conformance.adds_twice, Rewriting),
        (conformance.adds_a_stream, Impatient),
        (conformance.refuses_other_bytes, Greedy),
        (conformance.survives_a_broken_stream, Swallowing),
        (conformance.reads_in_pieces, OneReader),
        (conformance.answers_in_bulk, Hundred),
        (conformance.refuses_bad_names, Trusting),
        (conformance.takes_many_hands, Clumsy),
    ],
    ids=lambda value: value.__name__,
)
def test_each_check_fails_for_its_fault(check, faulty):
    with pytest.raises((AssertionError, ObjectCorrupt)):
        check(faulty())


def test_every_check_is_listed_and_says_what_it_is_for():
    functions = inspect.getmembers(conformance, inspect.isfunction)
    own = {each for name, each in functions if each.__module__ == conformance.__name__ and not name.startswith("_")}
    assert set(conformance.CHECKS) == own
    assert all(check.__doc__ for check in conformance.CHECKS)
