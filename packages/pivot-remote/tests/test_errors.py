import pickle

import pytest

from pivot_remote import errors
from pivot_remote.errors import RemoteError

PLACE = "s3://bucket/prefix"
SAMPLES: list[tuple[RemoteError, str]] = [
    (errors.InvalidLocation("x", "it is short"), "x is no remote: it is short"),
    (errors.DirectoryClosed("file:///a", "cannot write /a/format: no"), "file:///a: cannot write /a/format: no"),
    (errors.DirectoryMissing("file:///a/b", "/a"), "file:///a/b: there is no directory /a: mount the disk, or make it"),
    (errors.BucketMissing(PLACE, "bucket"), "there is no bucket bucket: check its name"),
    (errors.CredentialsMissing(PLACE, "no credentials were found"), "no credentials were found: set AWS_ACCESS_KEY_ID"),
    (errors.CredentialsRefused(PLACE, "ExpiredToken"), "does not accept these credentials (ExpiredToken)"),
    (errors.PermissionMissing(PLACE, "s3:PutObject"), "these credentials need the permission s3:PutObject"),
    (errors.WrongRegion(PLACE, "eu-west-1"), "the bucket is in the region eu-west-1: set the remote's region"),
    (errors.WrongRegion(PLACE, ""), "the bucket is in another region than was asked"),
    (errors.ClockSkew(PLACE), "this machine's clock is too far from the server's"),
    (errors.NotS3(PLACE, "http://h:1", "HTTP 404"), "http://h:1 does not answer as S3 does (HTTP 404)"),
    (errors.DirectoryMissing(PLACE, "/mnt/x", "something else stands there"), "/mnt/x: something else stands there"),
    (errors.RemoteTooNew(PLACE, "7", "1"), "has format 7, and this version knows 1: install a pivot-remote"),
    (errors.NoConnection(PLACE, "http://h:1", "it went silent"), "no connection to http://h:1 (it went silent)"),
    (errors.ServerFailed(PLACE, "s3:PutObject", "HTTP 503"), "the server failed at s3:PutObject (HTTP 503): try again"),
    (errors.TooLarge(PLACE, "ab" * 32, 10), "has more than 10 bytes"),
]


def every(kind: type[RemoteError]) -> set[type[RemoteError]]:
    return {kind}.union(*(every(below) for below in kind.__subclasses__()))


@pytest.mark.parametrize(("error", "text"), SAMPLES, ids=lambda value: type(value).__name__)
def test_the_message(error: RemoteError, text: str) -> None:
    assert text in str(error)
    assert str(error).isprintable()


@pytest.mark.parametrize("error", [error for error, _ in SAMPLES], ids=lambda error: type(error).__name__)
def test_an_error_survives_pickling(error: RemoteError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == str(error)


def test_every_error_is_in_the_tree_that_is_drawn_and_has_a_sample() -> None:
    assert errors.__doc__ is not None
    kinds = every(RemoteError)
    assert [kind.__name__ for kind in kinds if f" {kind.__name__}" not in errors.__doc__] == []
    branches = {RemoteError, errors.RemoteUnusable, errors.RemoteTrouble}
    assert {type(error) for error, _ in SAMPLES} == kinds - branches


def test_what_others_wrote_stays_on_one_line() -> None:
    assert "\n" not in str(errors.BucketMissing("s3://b", "two\nlines"))
