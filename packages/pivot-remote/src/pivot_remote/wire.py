"""The short way to a server: signed requests over kept connections, for what is asked thousands of times.

The client of boto3 spends milliseconds of Python on each request, and half a second before the first. Here a request
costs a tenth of that, and does nothing but go well: whatever else happens, a refusal, a cut, a slow answer, is None,
and the caller asks again through that client, which knows when to try again, and what an answer means.
"""

import os
import ssl
from collections import deque
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Final
from urllib.parse import quote, urlsplit

from pivot_remote.location import Remote
from pivot_remote.question import CHECKSUM, Answer, Question
from pivot_remote.signature import Credentials, Signer

_SAFE: Final = "/~-._"
_PATIENCE: Final = 5
"""So many failures in a row: this server is not for us."""
_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_PROFILES: Final = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
_CERTIFICATES: Final = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")


class Wire:
    """Connections to one bucket. Any number of threads may use it at once. ``address`` is the bucket's, as a url;
    ``connect`` and ``timeout`` are seconds to wait for a connection, and for anything to happen on it."""

    def __init__(self, address: str, signer: Signer, *, connect: float, timeout: float) -> None:
        parts = urlsplit(address)
        self._host = parts.netloc
        self._path = parts.path.rstrip("/")
        self._secure = _trust() if parts.scheme == "https" else None
        self._signer = signer
        self._connect = connect
        self._timeout = timeout
        self._idle: deque[HTTPConnection] = deque()
        self._failures = 0

    @property
    def works(self) -> bool:
        """Whether it is worth to ask: it went well of late."""
        return self._failures < _PATIENCE

    def send(self, question: Question) -> Answer | None:
        """Send a request; None unless the answer's status is one of those expected and all of it arrived.

        A body that is left to be read is the answer's ``stream``, which is to be closed.
        """
        line: HTTPConnection | None = None
        answer = None
        try:
            method, key, query, body, headers, expected, streamed, named = question
            path, text = f"{self._path}/{quote(key, safe=_SAFE)}", _query(query)
            # A digest to sign would cost more than all else. TLS lets nobody change a body on the way, and one that is
            # an object is taken by nobody if it was changed; what breaks by accident is seen by its checksum.
            covered = CHECKSUM in headers and (named or self._secure is not None)
            signed = self._signer.headers(method, self._host, path, text, None if covered else body, headers)
            line = self._take()
            line.request(method, f"{path}?{text}" if text else path, body or None, signed)
            response = line.getresponse()
            if response.status in expected:
                found = {name.lower(): value for name, value in response.getheaders()}
                stream = Body(self, line, response) if streamed else None
                answer = Answer(response.status, found, b"" if stream else response.read(), stream)
                if stream is None:
                    self.give_back(line, response)
        except (OSError, HTTPException):
            answer = None
        finally:
            if answer is None and line is not None:
                line.close()
        self._failures = 0 if answer else self._failures + 1
        return answer

    def give_back(self, line: HTTPConnection, response: HTTPResponse) -> None:
        """Keep a connection whose answer was read to its end; close any other."""
        if response.isclosed() and not response.will_close:
            self._idle.append(line)
        else:
            line.close()

    def close(self) -> None:
        """Close the connections that are kept."""
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> HTTPConnection:
        try:
            return self._idle.pop()
        except IndexError:
            if self._secure is not None:
                line: HTTPConnection = HTTPSConnection(self._host, timeout=self._connect, context=self._secure)
            else:
                line = HTTPConnection(self._host, timeout=self._connect)
            line.connect()
            line.sock.settimeout(self._timeout)
            return line


class Body:
    """The body of an answer as a stream; its connection is kept for the next request once all of it was read."""

    def __init__(self, wire: Wire, line: HTTPConnection, response: HTTPResponse) -> None:
        self._wire = wire
        self._line = line
        self._response = response
        self._open = True

    def read(self, size: int = -1) -> bytes:
        """Read up to so many bytes; raises OSError when the connection breaks."""
        try:
            return self._response.read(None if size < 0 else size)
        except HTTPException as error:
            raise ConnectionError(type(error).__name__) from None

    def close(self) -> None:
        if self._open:
            self._open = False
            self._wire.give_back(self._line, self._response)


def _query(query: Mapping[str, str]) -> str:
    return "&".join(f"{quote(name, safe='-._~')}={quote(query[name], safe='-._~')}" for name in sorted(query))


def simple_credentials(remote: Remote, environ: Mapping[str, str] = os.environ) -> Credentials | None:
    """Return the credentials that the environment holds; None where they are found in another way, or not at all."""
    if remote.profile is not None or any(environ.get(name) for name in _PROFILES):
        return None
    access, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    token = environ.get("AWS_SESSION_TOKEN") or environ.get("AWS_SECURITY_TOKEN")
    return Credentials(access, secret, token or None) if access and secret else None


def simple_region(environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the region that the environment names, or the client's own choice where no file can name another; None
    where there is such a file."""
    named = environ.get("AWS_DEFAULT_REGION")
    file = environ.get("AWS_CONFIG_FILE") or os.path.join(environ.get("HOME", "~"), ".aws", "config")
    return named or (None if os.path.exists(os.path.expanduser(file)) else "us-east-1")


def is_direct(environ: Mapping[str, str] = os.environ) -> bool:
    """Say whether there is no proxy on the way to a server."""
    return not any(environ.get(name) or environ.get(name.lower()) for name in _PROXIES)


def _trust(environ: Mapping[str, str] = os.environ) -> ssl.SSLContext:
    """Return what is trusted: the certificates that the environment names, as for botocore, or those of the system."""
    named = next((environ[name] for name in _CERTIFICATES if environ.get(name)), None)
    if named is not None and os.path.isdir(named):
        return ssl.create_default_context(capath=named)
    return ssl.create_default_context(cafile=named)


def bucket_address(endpoint_url: str, bucket: str) -> str:
    """Return where a bucket is: below its server's address, at Amazon in front of it."""
    parts = urlsplit(endpoint_url)
    if (parts.hostname or "").endswith(".amazonaws.com") and "." not in bucket and bucket == bucket.lower():
        return f"{parts.scheme}://{bucket}.{parts.netloc}"
    return f"{endpoint_url.rstrip('/')}/{bucket}"
