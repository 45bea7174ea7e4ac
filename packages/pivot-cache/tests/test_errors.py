"""The error tree: fields, pickling, and messages on one line that say what to do."""

import errno
import pickle

import pytest

from pivot_cache import errors

EXAMPLES = [
    errors.ObjectMissing("ab", "/cache"),
    errors.ObjectMissing("ab"),
    errors.ObjectCorrupt("ab", "/cache", "/cache/quarantine/ab.1"),
    errors.ObjectCorrupt("ab"),
    errors.InvalidTree("ab", "/cache", "it is not in canonical form"),
    errors.InvalidTree("", "", "it is not in canonical form"),
    errors.SourceMissing("/work/a"),
    errors.SourceUnreadable("/work/a", errno.EACCES),
    errors.SourceChanged("/work/a"),
    errors.UnsupportedFile("/work/a", "named pipe"),
    errors.RepositoryInside("/work/a/.git"),
    errors.StoreInside("/work/a"),
    errors.LinkLeaves("/work/a", "/etc/passwd"),
    errors.TreeTooDeep("/work/a", 200),
    errors.Occupied("/work/a"),
    errors.ThroughLink("/work/a"),
    errors.DiskError("write", "/work/a", errno.ENOSPC),
    errors.DiskError("write", "/work/a", errno.ENAMETOOLONG),
    errors.FormatTooNew("/cache", "2", 1),
    errors.LockTimeout("/work/lock", 1.5),
    errors.InvalidName("../x"),
]


def leaves(kind):
    return {kind} if not kind.__subclasses__() else set().union(*map(leaves, kind.__subclasses__()))


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_survives_pickling_with_its_fields(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == str(error)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_message_is_one_line_with_the_place(error):
    message = str(error)
    assert "\n" not in message
    assert not message.endswith(".")
    for field in ("path", "id", "where"):
        assert str(getattr(error, field, "")) in message


def test_every_error_has_an_example_and_is_in_the_drawing():
    kinds = leaves(errors.CacheError)
    assert {type(example) for example in EXAMPLES} == kinds
    for kind in kinds | {errors.ObjectError, errors.SourceError}:
        assert f"── {kind.__name__} " in errors.__doc__


@pytest.mark.parametrize("path", ["a\nb", "a\x1bb", "a\udcffb"])
def test_odd_paths_stay_on_one_line_and_can_be_printed(path):
    message = str(errors.SourceMissing(path))
    assert message.isprintable()
    message.encode()


def test_advice_for_a_full_disk():
    assert "free some space" in str(errors.DiskError("write", "/cache/tmp/1", errno.ENOSPC))
