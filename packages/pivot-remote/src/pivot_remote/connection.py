"""The line to an S3 server: the client, made on first use, its patience, and two ways to ask it something.

What is asked often goes over the short way of ``wire`` first, and to the client only when that did not go well.

Credentials come from the standard chain of the AWS libraries and from nowhere else, and so do the rules about what is
worth a second try. What answers mean for objects is known by ``s3``, ``upload`` and ``stream``.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pivot_cache import CacheError
from pivot_remote.errors import InvalidLocation, RemoteError, ServerFailed
from pivot_remote.failures import Outcome, Place, outcome_of, translate
from pivot_remote.location import Remote, S3Location, shown
from pivot_remote.question import Answer, Question

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_s3 import S3Client

    from pivot_remote.signature import Signer
    from pivot_remote.wire import Wire

_POOL: Final = 64
"""Connections that are kept open; there are never so many requests at once."""


class Limits(NamedTuple):
    """How long to wait for a server, in seconds, and how often to try.

    ``patience`` is the time without any progress after which an object counts as failed, all tries together.
    ``pause`` is the mean of the first wait between two tries; each further one is twice as long, and all are spread
    at random.
    """

    connect: float = 10.0
    idle: float = 30.0
    tries: int = 5
    patience: float = 90.0
    pause: float = 0.5

    def wait(self, failures: int) -> None:
        """Sleep after the given number of failures in a row."""
        import random  # lazy: where nothing fails, nobody pays for it

        time.sleep(random.uniform(0, min(2 * self.pause * 2.0 ** (failures - 1), self.idle)))


class Connection:
    """The client for one remote. Any number of threads may ask at once."""

    def __init__(self, remote: Remote, location: S3Location, limits: Limits) -> None:
        self.remote = remote
        self.location = location
        self.limits = limits
        self.address = location.url
        self._client: S3Client | None = None
        self._session: Session | None = None
        self._wire: Wire | None = None
        self._lock = Lock()

    @property
    def client(self) -> "S3Client":
        """The S3 client; raises the errors of ``RemoteUnusable`` that are found without asking the server."""
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client

    @property
    def place(self) -> Place:
        """What messages say about where this is."""
        client = self._client
        endpoint = self.remote.endpoint_url or (client.meta.endpoint_url if client else "S3")
        return Place(self.address, self.location.bucket, shown(endpoint))

    def quick(self, question: Question) -> Answer | None:
        """Ask over the short way (see ``Wire.send``); None if there is none or it did not go well: ask the client."""
        wire = self._find_wire()
        return None if wire is None else wire.send(question)

    def ask[T](self, action: str, send: Callable[[], T]) -> T:
        """Send a request and return its answer; raise ``RemoteError`` for everything that a server or a network can do.

        ``action`` is the permission that the request needs, such as ``s3:GetObject``.
        """
        try:
            return send()
        except (RemoteError, CacheError):
            raise
        except Exception as error:
            told = translate(error, self.place, action)
            if told is None:
                raise
            raise told from None

    def probe[T](self, action: str, send: Callable[[], T], *expected: Outcome) -> T | Outcome:
        """Like ``ask``, but return an outcome that the caller expects instead of raising an error about it."""

        def attempt() -> T | Outcome:
            try:
                return send()
            except Exception as error:
                outcome = outcome_of(error)
                if outcome not in expected or outcome is None:
                    raise
                return outcome

        return self.ask(action, attempt)

    def close(self) -> None:
        """Close the connections; the next question opens new ones."""
        with self._lock:
            client, self._client = self._client, None
            wire, self._wire, self._session = self._wire, None, None
        if wire is not None:
            wire.close()
        if client is not None:
            client.close()

    def _find_wire(self) -> "Wire | None":
        """Return the short way, as soon as it is known where the server is and with what requests are signed.

        Before there is a client, only where remote and environment say all of it; with one, what the client knows.
        """
        wire = self._wire
        if wire is not None:
            return wire if wire.works else None
        from pivot_remote.wire import Wire, bucket_address, is_direct  # lazy: often there is nothing to ask

        if not is_direct():
            return None
        with self._lock:
            if self._wire is None:
                found = self._known_to_client() if self._client is not None else self._known_before()
                if found is not None:
                    endpoint, signer = found
                    address = bucket_address(endpoint, self.location.bucket)
                    with suppress(OSError):  # certificates that cannot be read: the client says so
                        self._wire = Wire(address, signer, connect=self.limits.connect, timeout=self.limits.idle)
            return self._wire

    def _known_before(self) -> "tuple[str, Signer] | None":
        from pivot_remote.signature import Signer
        from pivot_remote.wire import simple_credentials, simple_region

        remote, credentials = self.remote, simple_credentials(self.remote)
        region = remote.region or simple_region()
        if remote.endpoint_url is None or region is None or credentials is None:
            return None
        return remote.endpoint_url, Signer(lambda: credentials, region)

    def _known_to_client(self) -> "tuple[str, Signer] | None":
        from pivot_remote.signature import Credentials, Signer

        found = self._session.get_credentials() if self._session is not None else None
        if self._client is None or found is None:
            return None

        def current() -> Credentials:
            now = found.get_frozen_credentials()  # fetches new ones when the old ones end
            return Credentials(now.access_key or "", now.secret_key or "", now.token)

        return self._client.meta.endpoint_url, Signer(current, self._client.meta.region_name)

    def _connect(self) -> "S3Client":
        import boto3
        from botocore.config import Config

        limits = self.limits
        settings = Config(
            connect_timeout=limits.connect,
            read_timeout=limits.idle,
            retries={"mode": "standard", "total_max_attempts": limits.tries},
            max_pool_connections=_POOL,
            user_agent_extra="pivot-remote",
            # We send checksums of our own, and compare every object with its name.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )

        def make() -> "S3Client":
            self._session = boto3.Session(profile_name=self.remote.profile, region_name=self.remote.region)
            return self._session.client("s3", endpoint_url=self.remote.endpoint_url, config=settings)

        try:
            client = self.ask("", make)
        except ValueError:  # what the client says about a host that cannot be one
            raise InvalidLocation(shown(self.remote.endpoint_url or ""), "it is no address of a server") from None
        client.meta.events.register("before-call.s3", _note_start)
        client.meta.events.register("needs-retry.s3", self._give_up)
        return client

    def _give_up(self, request_dict: dict[str, Any], operation: Any, **answer: Any) -> None:
        """End the client's tries when another one could exceed our patience; it counts tries, not time."""
        started = request_dict.get("context", {}).get("pivot_started")
        if started is None or time.monotonic() - started + self.limits.idle <= self.limits.patience:
            return
        if answer.get("caught_exception") is not None:
            raise answer["caught_exception"]
        if answer.get("response") is not None and answer["response"][0].status_code >= 500:
            raise ServerFailed(self.address, operation.name, f"HTTP {answer['response'][0].status_code}")


def _note_start(context: dict[str, Any], **_: Any) -> None:
    context["pivot_started"] = time.monotonic()
