"""What the S3 client throws, said in this package's words.

Only the code of an answer and the kind of an exception are looked at; texts, headers and addresses of requests stay out
of what users see, because signatures and tokens may be in them. The libraries of the client are imported when the first
failure needs them. How often something is tried before it counts as failed is in ``connection``.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Any, Final, NamedTuple

from pivot_remote.errors import (
    BucketMissing,
    ClockSkew,
    CredentialsMissing,
    CredentialsRefused,
    InvalidLocation,
    NoConnection,
    NotS3,
    PermissionMissing,
    RemoteError,
    ServerFailed,
    WrongRegion,
)


class Outcome(Enum):
    """An answer that is no failure to whoever asked for it."""

    ABSENT = "there is no such object"
    EXISTS = "there is an object of this name already"
    CONFLICT = "somebody else writes this object at this moment"
    UNSUPPORTED = "the server does not know this kind of request"
    NO_SPAN = "the object has no byte at this place"
    GONE = "there is no such multipart upload, or it has other parts"


class Place(NamedTuple):
    """What messages say about where it happened: the remote's address, its bucket, and the server's."""

    address: str
    bucket: str
    endpoint: str


_REFUSED: Final = frozenset(
    (
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSecurity",
        "InvalidToken",
        "NotSignedUp",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
    )
)
_DENIED: Final = frozenset(("AccessDenied", "AllAccessDisabled", "AccountProblem", "Forbidden", "Unauthorized"))
_SKEWED: Final = frozenset(("RequestTimeTooSkewed", "RequestExpired"))
_ELSEWHERE: Final = frozenset(
    ("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "TemporaryRedirect")
)
_ROUND: Final = "it sends each request elsewhere, to another region, or to a web page"
_LOGIN: Final = "the credentials could not be fetched (an expired login?)"


def outcome_of(error: Exception) -> Outcome | None:
    """Return what the server answered, if it is one of the answers that a caller may be asking for."""
    match _answer(error):
        case (_, "NoSuchKey" | "NoSuchVersion"):
            return Outcome.ABSENT
        case (404, "404" | "NotFound") if _was_head(error):
            return Outcome.ABSENT
        case (412, _):
            return Outcome.EXISTS
        case (409, "ConditionalRequestConflict" | "OperationAborted"):
            return Outcome.CONFLICT
        case (status, code) if _is_unknown(status, code):
            return Outcome.UNSUPPORTED
        case (_, "NoSuchUpload" | "InvalidPart"):
            return Outcome.GONE
        case (416, _):
            return Outcome.NO_SPAN
    return None


def translate(error: Exception, place: Place, action: str) -> RemoteError | None:
    """Return the error of this package for one of the client's, None for what is not the client's.

    ``action`` is the permission that the request needs, such as ``s3:GetObject``.
    """
    answer = _answer(error)
    if answer is not None:
        return _translate_answer(error, answer, place, action)
    return _translate_client(error, place, action)


def is_cut(error: Exception) -> bool:
    """Say whether the connection broke in the middle of an answer, so that the rest can be asked for."""
    from botocore.exceptions import HTTPClientError, IncompleteReadError

    return isinstance(error, HTTPClientError | IncompleteReadError | OSError)


def _translate_answer(error: Exception, answer: tuple[int, str], place: Place, action: str) -> RemoteError:
    status, code = answer
    said = f"HTTP {status}" if code.isdigit() else f"{code}, HTTP {status}"
    if code in ("NoSuchBucket", "InvalidBucketName"):
        return BucketMissing(place.address, place.bucket)
    if code in _REFUSED:
        return CredentialsRefused(place.address, code)
    if code in _SKEWED:
        return ClockSkew(place.address)
    if code in _ELSEWHERE or (status == 301 and (_region(error) or _was_head(error))):
        return WrongRegion(place.address, _region(error))
    if code in _DENIED or (status == 403 and _was_head(error)):
        return PermissionMissing(place.address, action)
    if _is_unknown(status, code):
        return NotS3(place.address, place.endpoint, f"it does not know {action or 'what it is asked'}: {said}")
    if code.isdigit() and status < 500 and not _was_head(error):
        return NotS3(place.address, place.endpoint, said)  # S3 puts a word of its own into every answer that has a body
    return ServerFailed(place.address, action, said)


def _translate_client(error: Exception, place: Place, action: str) -> RemoteError | None:
    from http.client import BadStatusLine

    from botocore import exceptions
    from botocore.parsers import ResponseParserError

    match error:
        case _ if _goes_in_circles(error):
            return NotS3(place.address, place.endpoint, _ROUND)
        case exceptions.ConnectionClosedError() if any(type(one) is BadStatusLine for one in _causes(error)):
            return NotS3(place.address, place.endpoint, "it does not speak HTTP")
        case exceptions.NoCredentialsError():
            return CredentialsMissing(place.address, "no credentials were found")
        case exceptions.PartialCredentialsError():
            return CredentialsMissing(place.address, f"the credentials lack {_field(error, 'cred_var')}")
        case exceptions.ProfileNotFound():
            return CredentialsMissing(
                place.address, f"there is no profile {_field(error, 'profile')} in your AWS files"
            )
        case exceptions.ConfigParseError() | exceptions.ConfigNotFound():
            return CredentialsMissing(place.address, f"the file {_field(error, 'path')} cannot be read")
        case (
            exceptions.CredentialRetrievalError()
            | exceptions.TokenRetrievalError()
            | exceptions.SSOError()
            | exceptions.NoAuthTokenError()
            | exceptions.MetadataRetrievalError()
        ):
            return CredentialsMissing(place.address, _LOGIN)
        case exceptions.NoRegionError() | exceptions.InvalidRegionError():
            return InvalidLocation(place.address, "its region is missing, or no name of a region")
        case ResponseParserError():
            return NotS3(place.address, place.endpoint, "its answer cannot be read")
        case exceptions.HTTPClientError() | exceptions.ConnectionError() | exceptions.IncompleteReadError():
            return NoConnection(place.address, place.endpoint, _connection_detail(error))
        case exceptions.BotoCoreError():
            return ServerFailed(place.address, action, type(error).__name__)
    return None


def _goes_in_circles(error: Exception) -> bool:
    """Say whether the client followed a redirect that leads to itself; it knows no end of that but Python's."""
    cause = getattr(error, "kwargs", {}).get("error")
    return isinstance(error, RecursionError) or isinstance(cause, RecursionError)


def _causes(error: object) -> Iterator[BaseException]:
    """Yield an exception and those in it: the client keeps one in a field, and others keep them as arguments."""
    if isinstance(error, BaseException):
        yield error
        for below in (getattr(error, "kwargs", {}).get("error"), *error.args):
            yield from _causes(below)


def _connection_detail(error: Exception) -> str:
    from ssl import SSLCertVerificationError

    from botocore import exceptions

    match error:
        case exceptions.EndpointConnectionError() | exceptions.ConnectTimeoutError():
            cause = type(getattr(error, "kwargs", {}).get("error")).__name__
            return "nobody knows its name" if "Resolution" in cause or "gaierror" in cause else "it cannot be reached"
        case exceptions.ReadTimeoutError():
            return "it went silent"
        case exceptions.SSLError():
            trusted = not any(isinstance(one, SSLCertVerificationError) for one in _causes(error))
            return "it does not speak TLS" if trusted else "its certificate is not trusted, nor named by AWS_CA_BUNDLE"
        case exceptions.ProxyConnectionError():
            return "the proxy cannot be reached"
        case exceptions.ConnectionClosedError():
            return "it closed the connection without an answer"
        case exceptions.ResponseStreamingError() | exceptions.IncompleteReadError():
            return "it cut its answer short"
    return type(error).__name__


def _answer(error: Exception) -> tuple[int, str] | None:
    """Return status and code of the server's answer; None if there was none."""
    response = _response(error)
    if response is None:
        return None
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status, str(response.get("Error", {}).get("Code", "") or status)


def _is_unknown(status: int, code: str) -> bool:
    """Say whether the server answers that it does not know this kind of request."""
    return status == 501 or code == "NotImplemented"


def _region(error: Exception) -> str:
    response = _response(error) or {}
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return str(response.get("Error", {}).get("Region") or headers.get("x-amz-bucket-region") or "")


def _was_head(error: Exception) -> bool:
    """Say whether it was a question without an answer's body, to which a server cannot put its code."""
    return str(getattr(error, "operation_name", "")).startswith("Head")


def _response(error: Exception) -> dict[str, Any] | None:
    from botocore.exceptions import ClientError

    return dict(error.response) if isinstance(error, ClientError) else None


def _field(error: Exception, name: str) -> str:
    """Return a field of a client's exception, which has no other place than the words of its message."""
    return str(getattr(error, "kwargs", {}).get(name, ""))
