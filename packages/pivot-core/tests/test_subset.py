from random import Random

import pytest

from pivot.errors import UsageError
from pivot.subset import choose
from pivot_cache import hash_bytes

SIZES = {hash_bytes(b"%d" % number): number for number in range(100)}


def test_parts_are_disjoint_and_cover_all() -> None:
    parts = [set(choose(f"{number}/7", SIZES)) for number in range(1, 8)]
    assert set.union(*parts) == set(SIZES)
    assert sum(map(len, parts)) == len(SIZES)
    assert set(choose("1/1", SIZES)) == set(SIZES)


@pytest.mark.parametrize(("text", "count"), [("100%", 100), ("10%", 10), ("0.1%", 1), (" 7% ", 7)])
def test_a_share(text: str, count: int) -> None:
    assert len(set(choose(text, SIZES))) == count


def test_a_share_is_another_each_time() -> None:
    assert list(choose("10%", SIZES, Random(1))) != list(choose("10%", SIZES, Random(2)))


@pytest.mark.parametrize(
    ("text", "limit"), [("300", 300), ("1K", 1024), ("0.5k", 512), ("2kB", 2048), ("1KiB", 1024), ("1G", 1 << 30)]
)
def test_an_amount(text: str, limit: int) -> None:
    chosen = list(choose(text, SIZES))
    left = limit - sum(SIZES[oid] for oid in chosen)
    assert left >= 0
    assert all(SIZES[oid] > left for oid in set(SIZES) - set(chosen))


@pytest.mark.parametrize("text", ["", "0/5", "6/5", "1/0", "0%", "101%", "-1", "a", "1/2/3", "5X"])
def test_anything_else_is_no_subset(text: str) -> None:
    with pytest.raises(UsageError, match="is no subset"):
        list(choose(text, SIZES))
