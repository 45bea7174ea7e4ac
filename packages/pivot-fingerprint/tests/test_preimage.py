"""Different tags and pieces have different digests, and these never change."""

from hypothesis import given
from hypothesis import strategies as st

from pivot_fingerprint.preimage import hash_pieces, text_piece

short = st.text("ab", max_size=3)
pieces = st.lists(st.binary(max_size=2) | st.sampled_from([b"\0" * 8, b"\0" * 7 + b"\1"]), max_size=3)
any_text = st.text(st.characters(), max_size=5)  # lone surrogates among them


@given(short, pieces, short, pieces)
def test_equal_digests_exactly_for_equal_pieces(one: str, ones: list[bytes], two: str, twos: list[bytes]) -> None:
    assert (hash_pieces(one, *ones) == hash_pieces(two, *twos)) == ((one, ones) == (two, twos))


@given(short, pieces, st.integers(0, 10))
def test_pieces_do_not_run_together(tag: str, parts: list[bytes], cut: int) -> None:
    data = b"".join(parts)
    assert hash_pieces(tag, data[:cut], data[cut:]) != hash_pieces(tag, data)
    assert hash_pieces(tag + data.hex(), data) != hash_pieces(tag, data.hex().encode(), data)


@given(any_text, any_text)
def test_texts_stay_apart(one: str, two: str) -> None:
    assert (text_piece(one) == text_piece(two)) == (one == two)


def test_lone_surrogates() -> None:
    assert text_piece("\udcff").decode("utf-8", "surrogatepass") == "\udcff"
    assert text_piece("é") == "é".encode()


def test_golden() -> None:
    """Digests are recorded in lock files: a change here needs a new scheme."""
    assert hash_pieces("tag", b"a", b"").hex() == GOLDEN


GOLDEN = "94c64e7cb8c76b7082532c99b1ae6d377a31a9282c97399e8b60ba61065d2e1f"
