from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot_remote.presence import FEW, ListingBroken, Page, find_beginning, find_sizes, next_page, read_page


class Listing:
    """A bucket, as presence sees it; counts the questions."""

    def __init__(self, there: Mapping[str, int], page: int = 1000) -> None:
        self.there = dict(sorted(there.items()))
        self.page = page
        self.pages = 0
        self.singles = 0

    def after(self, text: str) -> Page:
        self.pages += 1
        rest = [key for key in self.there if key > text]
        keys = rest[: self.page]
        return Page({key: self.there[key] for key in keys}, keys[-1] if keys else text, len(rest) > self.page)

    def each(self, keys: Sequence[str]) -> dict[str, int]:
        self.singles += len(keys)
        return {key: self.there[key] for key in keys if key in self.there}

    def find(self, wanted: Sequence[str]) -> dict[str, int]:
        return find_sizes(wanted, self.after, self.each)


KEYS = st.text("abc/", min_size=1, max_size=6)


@given(st.dictionaries(KEYS, st.integers(0, 9)), st.lists(KEYS), st.integers(1, 5))
def test_the_answer_is_that_of_asking_each(there: dict[str, int], wanted: list[str], page: int) -> None:
    listing = Listing(there, page)
    try:
        found = listing.find(wanted)
    except ListingBroken:
        # Names of one length, as objects have, never come to this: more than a page between a key and its beginning.
        assert len(there) > page
        return
    assert found == {key: there[key] for key in wanted if key in there}


FIXED = st.text("0123", min_size=4, max_size=4)


@given(st.dictionaries(FIXED, st.integers(0, 9)), st.lists(FIXED, unique=True), st.integers(4, 40))
def test_no_more_pages_than_there_are_nor_questions_than_wanted(
    there: dict[str, int], wanted: list[str], page: int
) -> None:
    listing = Listing(there, page)
    assert listing.find(wanted) == {key: there[key] for key in wanted if key in there}
    assert listing.pages <= max(1, -(-len(there) // page))
    assert listing.pages + listing.singles <= max(len(wanted), 1)


def names(count: int, step: int = 1) -> list[str]:
    return [f"{number * step:08}" for number in range(count)]


def test_twenty_thousand_objects_are_twenty_pages() -> None:
    keys = names(20_000)
    listing = Listing(dict.fromkeys(keys, 1))
    assert len(listing.find(keys)) == 20_000
    assert (listing.pages, listing.singles) == (20, 0)


def test_what_is_left_after_many_pages_is_one_more() -> None:
    keys = names(20_005)
    listing = Listing(dict.fromkeys(keys, 1))
    assert len(listing.find(keys)) == 20_005
    assert (listing.pages, listing.singles) == (21, 0)


def test_an_empty_bucket_is_one_page() -> None:
    listing = Listing({})
    assert listing.find(names(5000)) == {}
    assert (listing.pages, listing.singles) == (1, 0)


def test_a_few_objects_are_asked_one_by_one() -> None:
    listing = Listing(dict.fromkeys(names(5000), 1))
    assert len(listing.find(names(FEW))) == FEW
    assert (listing.pages, listing.singles) == (0, FEW)


def test_a_large_bucket_is_not_listed_for_a_handful_of_objects() -> None:
    listing = Listing(dict.fromkeys(names(50_000), 1))
    assert len(listing.find(names(50, step=1000))) == 50
    assert listing.pages == 1
    assert listing.singles < 50


def test_pages_that_nobody_asks_for_are_jumped_over() -> None:
    keys = names(50_000)
    listing = Listing(dict.fromkeys(keys, 1))
    assert len(listing.find([*keys[10_500:11_000], *keys[-500:]])) == 1000
    assert (listing.pages, listing.singles) == (2, 0)


def test_keys_that_nobody_asked_for_are_ignored() -> None:
    listing = Listing({"x" * number: 1 for number in range(1, 100)})
    assert listing.find(names(100)) == {}


def test_a_listing_that_repeats_itself_is_noticed() -> None:
    same = Page({"0": 1}, "0", more=True)
    with pytest.raises(ListingBroken):
        find_sizes(names(100), lambda _: same, dict.fromkeys)
    with pytest.raises(ListingBroken):
        next_page(lambda _: same, "0")
    assert next_page(lambda _: same, "") == same
    assert next_page(lambda _: same._replace(more=False), "0").last == "0"


LISTING = (
    b'<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>true'
    b"</IsTruncated><Contents><Key>a&amp;b/1</Key><Size>3</Size></Contents><Contents><Key>c</Key><Size>0</Size>"
    b"</Contents></ListBucketResult>"
)


def test_a_page_is_read_from_an_answer() -> None:
    assert read_page(LISTING, "") == Page({"a&b/1": 3, "c": 0}, "c", more=True)
    assert read_page(b"<ListBucketResult/>", "x") == Page({}, "x", more=False)


def test_a_page_tells_what_is_old() -> None:
    keys = {"a": "2026-11-15T09:59:59.000Z", "b": "2026-11-15T10:00:00.000Z", "c": "2026-12-01T00:00:00.000Z"}
    rows = "".join(
        f"<Contents><Key>{key}</Key><LastModified>{written}</LastModified><Size>1</Size></Contents>"
        for key, written in [*keys.items(), ("d", "")]
    )
    data = f"<ListBucketResult>{rows}</ListBucketResult>".encode()
    told = [read_page(data, "", before) for before in ("", "2026-11-15T10:00:00.000Z", "2026-11-15T10:00:01.000Z")]
    assert [page and page.old for page in told] == [set(), {"a"}, {"a", "b"}]


@pytest.mark.parametrize(
    "data", [b"", b"<html>", b"<html></html>", LISTING.replace(b"3</Size>", b"-3</Size>"), LISTING.replace(b"c<", b"<")]
)
def test_what_is_no_listing(data: bytes) -> None:
    assert read_page(data, "") is None


STEMS = st.text("abc", min_size=2, max_size=2)


@given(st.lists(st.tuples(STEMS, st.text("abc", max_size=2))), st.lists(STEMS), st.integers(1, 5))
def test_what_begins_with_a_name(there: list[tuple[str, str]], stems: list[str], page: int) -> None:
    keys = {f"p.q/{stem}.{tag}" for stem, tag in there}
    listing = Listing(dict.fromkeys(keys, 1), page)
    found = find_beginning([f"p.q/{stem}" for stem in stems], listing.after)
    assert found == sorted(key for key in keys if key[4:6] in stems)
    assert listing.pages <= len(set(stems)) + len(keys) / page + 1


PIECES = st.sampled_from(
    [
        *('<?xml version="1.0"?>', "<ListBucketResult>", "</ListBucketResult>", "<Contents>", "</Contents>", "&a;"),
        *("<Key>a</Key>", "<Size>1</Size>", "<Size>-1</Size>", f"<Size>{'9' * 5000}</Size>", "<IsTruncated>true"),
        *('<!DOCTYPE a [<!ENTITY a "b">]>', "]]>", "<a:b xmlns:a='c'>", "\0", "<", "\ufffe", "<Key/>", "<Size/>"),
    ]
)
ENCODINGS = ["utf-8", "utf-16", "utf-7", "foo", "idna", "rot13", "base64", "undefined", "latin-1", "cp037"]


@given(st.sampled_from(ENCODINGS), st.lists(PIECES, max_size=9).map("".join) | st.text(), st.binary(max_size=9))
def test_no_listing_makes_a_reader_fail(encoding: str, text: str, more: bytes) -> None:
    for data in (f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode(), text.encode() + more, more):
        page = read_page(data, "x")
        assert page is None or all(size >= 0 for size in page.sizes.values())
