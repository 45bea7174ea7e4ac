from http.client import BadStatusLine, RemoteDisconnected
from ssl import SSLCertVerificationError

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import ProtocolError, SSLError

from pivot_remote import errors
from pivot_remote.failures import Outcome, Place, is_cut, outcome_of, translate

PLACE = Place("s3://bucket/prefix", "bucket", "http://host:1")
GET = "GetObject"
SIGNED = "https://host/bucket/key?X-Amz-Signature=hidden"


def answer(status: int, code: str = "", operation: str = GET, **more: str) -> ClientError:
    headers = {"x-amz-request-id": "hidden", "x-amz-bucket-region": more.pop("header", "")}
    return ClientError(
        {
            "Error": {"Code": code or str(status), "Message": f"hidden {SIGNED}", **more},
            "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers},
        },
        operation,
    )


def told(error: Exception) -> errors.RemoteError | None:
    return translate(error, PLACE, "s3:GetObject")


ANSWERS = [
    (answer(404, "NoSuchBucket"), errors.BucketMissing(PLACE.address, "bucket")),
    (answer(403, "InvalidAccessKeyId"), errors.CredentialsRefused(PLACE.address, "InvalidAccessKeyId")),
    (answer(403, "SignatureDoesNotMatch"), errors.CredentialsRefused(PLACE.address, "SignatureDoesNotMatch")),
    (answer(400, "ExpiredToken"), errors.CredentialsRefused(PLACE.address, "ExpiredToken")),
    (answer(403, "AccessDenied"), errors.PermissionMissing(PLACE.address, "s3:GetObject")),
    (answer(403, operation="HeadObject"), errors.PermissionMissing(PLACE.address, "s3:GetObject")),
    (answer(403, "RequestTimeTooSkewed"), errors.ClockSkew(PLACE.address)),
    (answer(301, "PermanentRedirect", header="eu-west-1"), errors.WrongRegion(PLACE.address, "eu-west-1")),
    (answer(400, "AuthorizationHeaderMalformed", Region="eu-1"), errors.WrongRegion(PLACE.address, "eu-1")),
    (answer(301, operation="HeadObject"), errors.WrongRegion(PLACE.address, "")),
    (answer(301, header="eu-west-1"), errors.WrongRegion(PLACE.address, "eu-west-1")),
    (answer(301), errors.NotS3(PLACE.address, PLACE.endpoint, "HTTP 301")),
    (answer(404), errors.NotS3(PLACE.address, PLACE.endpoint, "HTTP 404")),
    (answer(405), errors.NotS3(PLACE.address, PLACE.endpoint, "HTTP 405")),
    (
        answer(501, "NotImplemented"),
        errors.NotS3(PLACE.address, PLACE.endpoint, "it does not know s3:GetObject: NotImplemented, HTTP 501"),
    ),
    (
        answer(501, operation="HeadObject"),
        errors.NotS3(PLACE.address, PLACE.endpoint, "it does not know s3:GetObject: HTTP 501"),
    ),
    (answer(503), errors.ServerFailed(PLACE.address, "s3:GetObject", "HTTP 503")),
    (answer(503, "SlowDown"), errors.ServerFailed(PLACE.address, "s3:GetObject", "SlowDown, HTTP 503")),
    (answer(400, "InvalidPart"), errors.ServerFailed(PLACE.address, "s3:GetObject", "InvalidPart, HTTP 400")),
]

CLIENT = [
    (RecursionError(), errors.NotS3, "to another region, or to a web page"),
    (exceptions.HTTPClientError(error=RecursionError()), errors.NotS3, "to another region, or to a web page"),
    (exceptions.NoCredentialsError(), errors.CredentialsMissing, "no credentials were found"),
    (
        exceptions.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
        errors.CredentialsMissing,
        "lack AWS_SECRET_ACCESS_KEY",
    ),
    (exceptions.ProfileNotFound(profile="work"), errors.CredentialsMissing, "no profile work in your AWS files"),
    (
        exceptions.CredentialRetrievalError(provider="process", error_msg="hidden"),
        errors.CredentialsMissing,
        "could not be fetched",
    ),
    (exceptions.UnauthorizedSSOTokenError(), errors.CredentialsMissing, "could not be fetched"),
    (exceptions.ConfigParseError(path="/aws/config"), errors.CredentialsMissing, "/aws/config cannot be read"),
    (exceptions.NoRegionError(), errors.InvalidLocation, "region"),
    (exceptions.EndpointConnectionError(endpoint_url=SIGNED, error=OSError()), errors.NoConnection, "be reached"),
    (exceptions.ConnectTimeoutError(endpoint_url=SIGNED, error=OSError()), errors.NoConnection, "be reached"),
    (exceptions.ReadTimeoutError(endpoint_url=SIGNED), errors.NoConnection, "went silent"),
    (exceptions.SSLError(endpoint_url=SIGNED, error="hidden"), errors.NoConnection, "TLS"),
    (
        exceptions.SSLError(endpoint_url=SIGNED, error=SSLError(SSLCertVerificationError("hidden"))),
        errors.NoConnection,
        "AWS_CA_BUNDLE",
    ),
    (
        exceptions.ConnectionClosedError(
            endpoint_url=SIGNED, error=ProtocolError("Connection aborted.", BadStatusLine("hidden"))
        ),
        errors.NotS3,
        "it does not speak HTTP",
    ),
    (
        exceptions.ConnectionClosedError(
            endpoint_url=SIGNED, error=ProtocolError("Connection aborted.", RemoteDisconnected("hidden"))
        ),
        errors.NoConnection,
        "without an answer",
    ),
    (exceptions.ProxyConnectionError(proxy_url="http://user:hidden@proxy"), errors.NoConnection, "proxy"),
    (exceptions.ConnectionClosedError(endpoint_url=SIGNED), errors.NoConnection, "without an answer"),
    (exceptions.IncompleteReadError(actual_bytes=1, expected_bytes=2), errors.NoConnection, "cut its answer short"),
    (exceptions.ResponseStreamingError(error="hidden"), errors.NoConnection, "cut its answer short"),
    (exceptions.HTTPClientError(error="hidden"), errors.NoConnection, "HTTPClientError"),
    (ResponseParserError("hidden"), errors.NotS3, "cannot be read"),
    (exceptions.UnknownServiceError(service_name="x", known_service_names="y"), errors.ServerFailed, "UnknownService"),
]


@pytest.mark.parametrize(("error", "expected"), ANSWERS, ids=lambda value: str(value)[:60])
def test_what_a_server_answers(error: ClientError, expected: errors.RemoteError) -> None:
    found = told(error)
    assert type(found) is type(expected)
    assert vars(found) == vars(expected)


@pytest.mark.parametrize(("error", "kind", "text"), CLIENT, ids=lambda value: getattr(value, "__name__", None))
def test_what_the_client_throws(error: Exception, kind: type, text: str) -> None:
    found = told(error)
    assert type(found) is kind
    assert text in str(found)


@pytest.mark.parametrize("error", [pair[0] for pair in [*ANSWERS, *CLIENT]], ids=lambda error: type(error).__name__)
def test_neither_headers_nor_signatures_are_shown(error: Exception) -> None:
    found = told(error)
    assert "hidden" not in str(found)
    assert "hidden" not in repr(found)


def test_a_name_that_nobody_knows() -> None:
    class NameResolutionError(Exception):
        """What urllib3 calls it."""

    error = exceptions.EndpointConnectionError(endpoint_url=SIGNED, error=NameResolutionError())
    assert "nobody knows its name" in str(told(error))


def test_what_is_not_the_clients_is_not_ours_to_translate() -> None:
    assert told(KeyError("x")) is None
    assert told(OSError(28, "No space left on device")) is None


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (answer(404, "NoSuchKey"), Outcome.ABSENT),
        (answer(404, operation="HeadObject"), Outcome.ABSENT),
        (answer(404), None),  # a web server, not S3
        (answer(404, "NoSuchBucket"), None),
        (answer(412, "PreconditionFailed"), Outcome.EXISTS),
        (answer(409, "ConditionalRequestConflict"), Outcome.CONFLICT),
        (answer(409, "BucketNotEmpty"), None),
        (answer(501, "NotImplemented"), Outcome.UNSUPPORTED),
        (answer(500), None),
        (KeyError("x"), None),
    ],
    ids=str,
)
def test_outcomes(error: Exception, outcome: Outcome | None) -> None:
    assert outcome_of(error) is outcome


def test_cut_connections_are_known_from_answers() -> None:
    assert is_cut(exceptions.ReadTimeoutError(endpoint_url=""))
    assert is_cut(exceptions.ResponseStreamingError(error=""))
    assert is_cut(exceptions.IncompleteReadError(actual_bytes=1, expected_bytes=2))
    assert is_cut(ConnectionResetError())
    assert not is_cut(answer(404))
    assert not is_cut(KeyError())
