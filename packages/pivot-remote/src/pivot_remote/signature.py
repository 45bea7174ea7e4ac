"""Signatures of requests to S3: AWS Signature Version 4, for the few kinds of request that ``wire`` sends.

After the published description of the scheme. The tests hold it against the signer of botocore, which signs whatever
``wire`` does not send.
"""

import hmac
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import NamedTuple

_ALGORITHM = "AWS4-HMAC-SHA256"
_UNSIGNED = "UNSIGNED-PAYLOAD"


class Credentials(NamedTuple):
    """What a request is signed with. Never shown."""

    access_key: str
    secret_key: str
    token: str | None = None

    def __repr__(self) -> str:
        return "Credentials(…)"


class Signer:
    """Signs requests for one region. Any number of threads may use it at once."""

    def __init__(
        self, credentials: Callable[[], Credentials], region: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._credentials = credentials
        self._region = region
        self._clock = clock
        self._key: tuple[tuple[str, str], bytes] = (("", ""), b"")

    def headers(
        self, method: str, host: str, path: str, query: str, body: bytes | None, more: Mapping[str, str]
    ) -> dict[str, str]:
        """Return the headers to send. ``path`` and ``query`` are as sent; names in ``more`` are in lower case.

        A body of None is not signed: one that a checksum in ``more`` covers, and that nobody can exchange unseen.
        """
        credentials = self._credentials()
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._clock()))
        digest = _UNSIGNED if body is None else sha256(body).hexdigest()
        headers = {"host": host, "x-amz-content-sha256": digest, "x-amz-date": now, **more}
        if credentials.token:
            headers["x-amz-security-token"] = credentials.token
        signed = sorted(headers)
        lines = "".join(f"{name}:{headers[name]}\n" for name in signed)
        names = ";".join(signed)
        request = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{digest}"
        scope = f"{now[:8]}/{self._region}/s3/aws4_request"
        text = f"{_ALGORITHM}\n{now}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        signature = hmac.digest(self._signing_key(credentials.secret_key, now[:8]), text.encode(), "sha256").hex()
        headers["authorization"] = (
            f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        return headers

    def _signing_key(self, secret: str, day: str) -> bytes:
        known, key = self._key
        if known != (secret, day):
            key = f"AWS4{secret}".encode()
            for part in (day, self._region, "s3", "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._key = ((secret, day), key)
        return key
