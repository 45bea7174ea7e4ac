import pytest

from pivot_cache import hash_bytes
from pivot_remote import Failure, Report

OID = hash_bytes(b"")
NOTHING = Report((), 0, 0, (), (), (), ())


def test_a_transfer_with_nothing_left_is_complete() -> None:
    assert NOTHING.complete
    assert NOTHING._replace(moved=(OID,), bytes=3, present=2).complete


@pytest.mark.parametrize(
    "left", [{"missing": (OID,)}, {"corrupt": (OID,)}, {"failed": (Failure(OID, OSError()),)}, {"withheld": (OID,)}]
)
def test_a_transfer_with_anything_left_is_not(left: dict) -> None:
    assert not NOTHING._replace(**left).complete
