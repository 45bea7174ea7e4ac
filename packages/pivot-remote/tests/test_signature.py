from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from pivot_remote.question import CHECKSUM
from pivot_remote.signature import Credentials, Signer

NOW = 1_790_000_000.0


def theirs(credentials: Credentials, method: str, url: str, body: bytes, headers: dict[str, str]) -> dict[str, str]:
    """The headers that botocore's own signer makes for the same request at the same moment."""
    from botocore import auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials as Given

    request = AWSRequest(method=method, url=url, data=body, headers=dict(headers))
    request.context |= {
        "has_streaming_input": True,
        "checksum": {"request_algorithm": {"in": "header", "name": CHECKSUM}},
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auth, "get_current_datetime", lambda: datetime.fromtimestamp(NOW, UTC), raising=False)
        signer = auth.S3SigV4Auth(Given(*credentials), "s3", "eu-central-1")
        signer.add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


@pytest.mark.parametrize(
    ("method", "key", "query", "body", "headers"),
    [
        ("GET", "prefix/objects/ab/cdef", "", b"", {}),
        ("GET", "", "list-type=2&prefix=some%2Fpre%20fix%2F&start-after=x", b"", {}),
        ("PUT", "some/pré fix+/objects/ab", "", b"data", {"if-none-match": "*", CHECKSUM: "AAAAAA=="}),
        ("PUT", "a", "partNumber=1&uploadId=a%2Bb~c", b"\0" * 1000, {}),
        ("HEAD", "~a-b_c.d", "", b"", {}),
    ],
)
@pytest.mark.parametrize("token", [None, "session/token=="])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_signatures_are_those_of_botocore(
    method: str, key: str, query: str, body: bytes, headers: dict[str, str], token: str | None, scheme: str
) -> None:
    credentials = Credentials("AKIDEXAMPLE", "secret/of+test", token)
    path = "/bucket/" + quote(key, safe="/~-._")
    expected = theirs(
        credentials, method, f"{scheme}://host:9000{path}" + (f"?{query}" if query else ""), body, headers
    )
    now = datetime.strptime(expected["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    signer = Signer(lambda: credentials, "eu-central-1", clock=lambda: now)
    covered = scheme == "https" and CHECKSUM in headers
    ours = signer.headers(method, "host:9000", path, query, None if covered else body, headers)
    signed = {name.strip() for name in ours["authorization"].partition("SignedHeaders=")[2].split(",")[0].split(";")}
    assert {"host", "x-amz-date", "x-amz-content-sha256"} <= signed
    assert ours["authorization"] == expected["authorization"]
    assert all(expected[name] == value for name, value in ours.items() if name.startswith("x-amz-"))


def test_the_key_changes_with_the_day_and_the_secret() -> None:
    now = [NOW]
    given = [Credentials("a", "one")]
    signer = Signer(lambda: given[0], "r", clock=lambda: now[0])

    def signature() -> str:
        return signer.headers("GET", "h", "/", "", b"", {})["authorization"]

    first = signature()
    assert signature() == first
    given[0] = Credentials("a", "two")
    second = signature()
    now[0] += 86400
    assert len({first, second, signature()}) == 3


def test_credentials_are_not_shown() -> None:
    assert "secret" not in repr(Credentials("key", "secret", "token"))
