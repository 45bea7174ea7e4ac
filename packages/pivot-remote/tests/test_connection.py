import traceback
from typing import Any

import pytest

from pivot_remote import (
    CredentialsMissing,
    InvalidLocation,
    Limits,
    NoConnection,
    NotS3,
    PermissionMissing,
    Remote,
    S3Location,
    ServerFailed,
)
from pivot_remote.connection import Connection
from pivot_remote.failures import Outcome

BUCKET = S3Location("bucket", "prefix/")


def connect(server, **limits: Any) -> Connection:
    return Connection(server.remote, BUCKET, server.limits._replace(**limits))


def get(connection: Connection) -> bytes:
    client = connection.client

    def read() -> bytes:
        return client.get_object(Bucket="bucket", Key="key")["Body"].read()

    return connection.ask("s3:GetObject", read)


def test_the_limits_are_those_that_were_promised() -> None:
    assert Limits() == Limits(connect=10, idle=30, tries=5, patience=90, pause=0.5)


def test_waits_grow_and_are_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("pivot_remote.connection.time.sleep", waits.append)
    monkeypatch.setattr("random.uniform", lambda low, high: (low + high) / 2)
    for failures in range(1, 9):
        Limits().wait(failures)
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]


def test_a_question_and_its_answer(server) -> None:
    server.respond = lambda asked: server.give(200, b"data")
    connection = connect(server)
    assert get(connection) == b"data"
    assert server.asked[0].path == "/bucket/key"
    connection.close()
    assert get(connection) == b"data"  # it opens again
    connection.close()


def test_what_the_server_fails_at_is_tried_again(server) -> None:
    answers = [server.give(500), server.refuse(503, "SlowDown"), server.give(200, b"data")]
    server.respond = lambda asked: answers.pop(0)
    connection = connect(server)
    assert get(connection) == b"data"
    connection.close()


def test_what_the_server_refuses_is_not_tried_again(server) -> None:
    server.respond = lambda asked: server.refuse(400, "InvalidRequest")
    connection = connect(server)
    with pytest.raises(ServerFailed, match="InvalidRequest"):
        get(connection)
    assert len(server.asked) == 1
    connection.close()


def test_a_traceback_shows_nothing_of_the_answer(server) -> None:
    server.respond = lambda asked: server.refuse(403, "AccessDenied")
    connection = connect(server)
    with pytest.raises(PermissionMissing) as caught:
        get(connection)
    assert "Signature" not in "".join(traceback.format_exception(caught.value))
    connection.close()


def test_tries_end(server) -> None:
    server.respond = lambda asked: server.give(500)
    connection = connect(server, tries=2)
    with pytest.raises(ServerFailed, match=r"s3:GetObject \(HTTP 500\)"):
        get(connection)
    assert len(server.asked) == 2
    connection.close()


def test_patience_ends_before_the_tries_do(server) -> None:
    server.respond = lambda asked: server.give(500)
    connection = connect(server, tries=5, idle=20, patience=10)
    with pytest.raises(ServerFailed):
        get(connection)
    assert len(server.asked) == 1
    connection.close()


def test_a_server_that_says_nothing(server) -> None:
    server.respond = lambda asked: server.give(200, silent=True)
    connection = connect(server, idle=0.1, patience=0.1)
    with pytest.raises(NoConnection, match="it went silent"):
        get(connection)
    assert len(server.asked) <= 1  # the question may still be on its way
    connection.close()


def test_a_server_that_is_not_there(server) -> None:
    endpoint, remote = server.endpoint, server.remote
    server.close()
    connection = Connection(remote, BUCKET, server.limits._replace(tries=1))
    with pytest.raises(NoConnection, match="cannot be reached") as caught:
        get(connection)
    assert caught.value.endpoint == endpoint
    connection.close()


def test_an_expected_outcome_is_a_value(server) -> None:
    server.respond = lambda asked: server.refuse(404, "NoSuchKey")
    connection = connect(server)
    client = connection.client

    def ask() -> object:
        return client.get_object(Bucket="bucket", Key="key")

    assert connection.probe("", ask, Outcome.ABSENT) is Outcome.ABSENT
    with pytest.raises(ServerFailed, match="NoSuchKey"):
        connection.probe("", ask, Outcome.EXISTS)
    connection.close()


def test_what_does_not_speak_s3(server) -> None:
    server.respond = lambda asked: server.give(404, b"<html><body>nothing here</body></html>")
    connection = connect(server)
    with pytest.raises(NotS3, match="HTTP 404"):
        get(connection)
    connection.close()


def test_errors_of_others_pass_through() -> None:
    def fail() -> None:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        Connection(Remote("s3://bucket"), BUCKET, Limits()).ask("", fail)


def test_no_credentials(server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    connection = connect(server)
    with pytest.raises(CredentialsMissing, match="no credentials were found: set AWS_ACCESS_KEY_ID"):
        get(connection)
    assert server.asked == []
    connection.close()


def test_half_of_the_credentials(server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(CredentialsMissing, match="lack AWS_SECRET_ACCESS_KEY"):
        get(connect(server))


def test_a_profile_that_is_not_there(server) -> None:
    connection = Connection(server.remote._replace(profile="work"), BUCKET, server.limits)
    with pytest.raises(CredentialsMissing, match="there is no profile work"):
        get(connection)


def test_a_profile_gives_credentials(server, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    file = tmp_path / "credentials"
    file.write_text("[work]\naws_access_key_id = key-of-work\naws_secret_access_key = secret-of-work\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    server.respond = lambda asked: server.give(200, b"data")
    connection = Connection(server.remote._replace(profile="work"), BUCKET, server.limits)
    assert get(connection) == b"data"
    assert "key-of-work" in server.asked[0].headers["Authorization"]
    connection.close()


def test_an_endpoint_that_no_host_can_have() -> None:
    remote = Remote("s3://bucket", endpoint_url="http://under_score..x", region="us-east-1")
    with pytest.raises(InvalidLocation, match="no address of a server"):
        get(Connection(remote, BUCKET, Limits()))
