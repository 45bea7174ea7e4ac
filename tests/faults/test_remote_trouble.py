"""A server that fails, lies or refuses, through the real command: one clear message, the right exit code, never a wrong
byte, and a next call that finishes the job."""

import os
import re
import socket
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

import pytest
from blake3 import blake3

from buckets import CREDENTIALS, Buckets
from faults.proxy import Answer, Fault, Proxy, between, cut, flipped, hung_up, refusal, says, truncated
from workbench import Outcome, Project

SWEEP = pytest.mark.sweep
FILES = 15
LARGE = 9 << 20  # bytes: two parts of an upload


class Shared(NamedTuple):
    """A project that tracks data, and a bucket behind a proxy."""

    project: Project
    proxy: Proxy
    buckets: Buckets
    bucket: str

    def names(self) -> list[str]:
        """The objects of the bucket; each of them has its own bytes."""
        keys = [key for key in self.buckets.keys(self.bucket) if "/objects/" in key]
        names = [key.split("/objects/")[1].replace("/", "") for key in keys]
        for key, name in zip(keys, names, strict=True):
            assert blake3(self.buckets.read(self.bucket, key)).hexdigest() == name
        return names

    def forget(self) -> None:
        """Be a fresh clone: neither cache nor data."""
        subprocess.run(["rm", "-rf", "data", ".pivot/cache"], cwd=self.project.path, check=True)

    def check_cache(self) -> None:
        """Nothing in the cache or in the work tree is anything else than it should be."""
        self.project.run("fsck", "--read-data", code=None)
        for directory, _, files in os.walk(self.project.path / ".pivot/cache/objects"):
            for file in files:
                path = os.path.join(directory, file)
                with open(path, "rb") as opened:
                    assert blake3(opened.read()).hexdigest() == os.path.basename(directory) + file
        assert not list((self.project.path / ".pivot").glob("cache/quarantine/*"))


def is_clear(outcome: Outcome) -> bool:
    """Whether it is told in one line, and shows nothing that is not for the eyes of users."""
    errors = [line for line in outcome.stderr.splitlines() if line.startswith("Error:")]
    return len(errors) == 1 and not any(word in outcome.text for word in ("Traceback", "hidden", "X-Amz", "secret-of"))


@pytest.fixture
def shared(project: Project, buckets: Buckets, tracked: Callable[[str, int, int], str]) -> Iterator[Shared]:
    with between(int(buckets.endpoint.rpartition(":")[2])) as proxy:
        bucket = tracked(proxy.endpoint, FILES, LARGE)
        project.run("config", "set", "remote.retries", "1")
        yield Shared(project, proxy, buckets, bucket)


def every(times: int, fault: Fault, method: str = "", part: str = "/objects/") -> Callable[[str, str], Fault | None]:
    """Spoil each so-manieth request of a kind."""
    count = 0

    def spoil(asked: str, path: str) -> Fault | None:
        nonlocal count
        if (method and asked != method) or part not in path:
            return None
        count += 1
        return fault if count % times == 0 else None

    return spoil


FLAWS: dict[str, Fault] = {
    "cut": cut,
    "truncated": truncated,
    "wrong bytes": flipped,
    "no answer": hung_up,
    "500": refusal(500, "InternalError"),
    "503": refusal(503, "SlowDown"),
    "missing": refusal(404, "NoSuchKey"),
}


@pytest.mark.parametrize("flaw", [pytest.param(name, marks=() if name == "wrong bytes" else SWEEP) for name in FLAWS])
def test_no_wrong_byte_is_pulled_and_the_next_pull_ends_it(shared: Shared, flaw: str) -> None:
    project = shared.project
    project.run("push")
    before = {path.name: path.read_bytes() for path in (project.path / "data").iterdir()}
    shared.forget()
    shared.proxy.spoil = every(2, FLAWS[flaw], "GET")
    ended = project.run("pull", code=None)
    assert ended.code in (0, 1, 4) and "Traceback" not in ended.text and "hidden" not in ended.text, ended
    if ended.code:
        assert "✗" in ended.stderr or is_clear(ended), ended
    shared.check_cache()
    shared.proxy.spoil = lambda method, path: None
    project.run("pull")
    assert {path.name: path.read_bytes() for path in (project.path / "data").iterdir()} == before


@SWEEP
@pytest.mark.parametrize("flaw", ["no answer", "500", "503", "cut"])
def test_what_could_not_be_pushed_goes_with_the_next_push(shared: Shared, flaw: str) -> None:
    shared.proxy.spoil = every(2, FLAWS[flaw], "PUT")
    ended = shared.project.run("push", code=None)
    assert ended.code in (0, 1, 4) and "Traceback" not in ended.text and "hidden" not in ended.text, ended
    shared.names()
    shared.proxy.spoil = lambda method, path: None
    shared.project.run("push")
    assert len(shared.names()) == FILES + 2


REGION = "<Region>eu-west-1</Region>"
REFUSALS: dict[str, tuple[Fault, str]] = {
    "no bucket": (refusal(404, "NoSuchBucket"), "there is no bucket"),
    "unknown key": (refusal(403, "InvalidAccessKeyId"), "does not accept these credentials"),
    "wrong secret": (refusal(403, "SignatureDoesNotMatch"), "does not accept these credentials"),
    "expired": (refusal(400, "ExpiredToken"), "log in again"),
    "no permission": (refusal(403, "AccessDenied"), "need the permission s3:"),
    "wrong region": (refusal(400, "AuthorizationHeaderMalformed", REGION), "in the region eu-west-1"),
    "redirect": (refusal(301, "PermanentRedirect"), "another region"),
    "a page to log in": (says(302, b"<html><body>hidden</body></html>"), "to a web page"),
    "clock": (refusal(403, "RequestTimeTooSkewed"), "clock is too far"),
    "a web page": (says(200, b"<html><body>hidden</body></html>"), "does not answer as S3 does"),
    "no such page": (says(404, b"<html><body>hidden</body></html>"), "does not answer as S3 does"),
    "json": (says(200, b'{"hidden": 1}', "application/json"), "does not answer as S3 does"),
    "no method": (says(405, b""), "does not answer as S3 does"),
    "unknown to it": (refusal(501, "NotImplemented"), "it does not know s3:"),
    "failing": (refusal(500, "InternalError"), "try again"),
    "overloaded": (refusal(503, "SlowDown"), "try again"),
    "gateway": (says(502, b"hidden"), "try again"),
    "hangs up": (hung_up, "no connection to"),
}


USUAL = ("redirect", "a web page", "unknown to it")


def complain(shared: Shared, names: Iterable[str]) -> None:
    project = shared.project
    for name in names:
        fault, words = REFUSALS[name]
        shared.proxy.spoil = lambda method, path, fault=fault: fault
        there = (shared.project.path / ".pivot/cache").exists()
        for command in (("push",) if there else ("fetch",), ("status", "--remote")):
            ended = project.run(*command, code=4)
            assert is_clear(ended) and words in ended.stderr, f"{name}: {ended}"


def test_what_ends_all_is_told_in_one_line(shared: Shared) -> None:
    shared.forget()
    complain(shared, USUAL)


@SWEEP
@pytest.mark.timeout(300)
@pytest.mark.parametrize("fresh", [False, True])
def test_whatever_ends_all_is_told_in_one_line(shared: Shared, fresh: bool) -> None:
    if fresh:
        shared.forget()
    complain(shared, REFUSALS)


def test_where_there_is_nobody_to_ask(shared: Shared) -> None:
    project = shared.project
    nothing = {name: "" for name in CREDENTIALS if name.startswith("AWS_") and "KEY" in name}
    ended = project.run("push", code=4, env={**nothing, "AWS_EC2_METADATA_DISABLED": "true"})
    assert is_clear(ended) and "no credentials were found" in ended.stderr
    ended = project.run("push", code=4, env={"AWS_PROFILE": "nobody"})
    assert is_clear(ended) and "there is no profile nobody" in ended.stderr
    shared.proxy.close()
    ended = project.run("push", code=4)
    assert is_clear(ended) and "no connection to http://127.0.0.1" in ended.stderr
    project.run("config", "set", "remotes.origin.endpoint_url", "http://nowhere.invalid:9000")
    ended = project.run("push", code=4)
    assert is_clear(ended) and "check the network and the endpoint" in ended.stderr


def listed(change: Callable[[bytes], bytes]) -> Fault:
    def fault(answer: Answer) -> Answer:
        return answer._replace(body=change(answer.body))

    return fault


LISTINGS: dict[str, Fault] = {
    "empty": listed(lambda body: re.sub(rb"<Contents>.*</Contents>", b"", body, flags=re.DOTALL)),
    "other sizes": listed(lambda body: re.sub(rb"<Size>[0-9]+<", b"<Size>7<", body)),
    "other keys": listed(lambda body: body.replace(b"/objects/", b"/objects/../../")),
    "endless": listed(lambda body: body.replace(b"<IsTruncated>false<", b"<IsTruncated>true<")),
    "half": truncated,
    "garbage": says(200, b"<ListBucketResult><Contents><Key>", "application/xml"),
}


@pytest.mark.parametrize("flaw", LISTINGS)
def test_a_listing_that_lies_damages_nothing(shared: Shared, flaw: str) -> None:
    shared.project.run("push")
    shared.proxy.spoil = every(1, LISTINGS[flaw], "GET", "list-type")
    ended = shared.project.run("push", code=None)
    assert ended.code in (0, 4) and (not ended.code or is_clear(ended)), ended
    assert len(shared.names()) == FILES + 2
    assert ("GET", True) in {(method, "list-type" in path) for method, path in shared.proxy.asked}
    shared.proxy.spoil = lambda method, path: None
    assert "Everything is there already" in shared.project.run("push").stdout


def silent(answer: Answer) -> Answer:
    """Half of the body, and then nothing more."""
    return answer._replace(sent=len(answer.body) // 2, silent=True)


def test_a_server_that_goes_silent_in_the_middle_of_an_object(shared: Shared) -> None:
    project = shared.project
    project.run("push")
    before = {path.name: path.read_bytes() for path in (project.path / "data").iterdir()}
    shared.forget()
    impatient = {"PIVOT_REMOTE_IDLE_TIMEOUT": "1", "PIVOT_REMOTE_RETRIES": "0"}
    name = blake3(before["large"]).hexdigest()
    shared.proxy.spoil = lambda method, path: silent if name[2:] in path else None
    ended = project.run("pull", code=None, env=impatient)
    assert ended.code in (1, 4)  # 4 where the machine is so slow that the first answer counts as silence
    assert "it went silent" in ended.stderr and "try again" in ended.stderr
    shared.check_cache()
    shared.proxy.spoil = lambda method, path: None
    project.run("pull")
    assert {path.name: path.read_bytes() for path in (project.path / "data").iterdir()} == before


@pytest.mark.parametrize("command", ["push", "pull", "status --remote", "fsck --remote", "gc --remote"])
def test_a_server_that_accepts_connections_and_says_nothing(project: Project, command: str) -> None:
    """It is waited for once, however many objects there are, and told in one line."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        project.environment |= CREDENTIALS | {"PIVOT_REMOTE_IDLE_TIMEOUT": "1", "PIVOT_REMOTE_RETRIES": "0"}
        project.run("init")
        project.write({str(number): str(number) for number in range(3)})
        project.run("track", "0", "1", "2")
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        project.run("remote", "add", "origin", "s3://bucket/p", "--endpoint-url", endpoint)
        if command == "pull":
            subprocess.run(["rm", "-rf", ".pivot/cache"], cwd=project.path, check=True)
        ended = project.run(*command.split(), code=2 if command.startswith("fsck") else 4)
        assert is_clear(ended) and f"no connection to {endpoint} (it went silent)" in ended.stderr
        server.settimeout(0)
        connections = 0
        with suppress(BlockingIOError):
            while True:
                server.accept()[0].close()
                connections += 1
        assert connections <= 2  # the short way, then the client
