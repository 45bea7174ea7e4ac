"""Two people, one git repository, and the cache shared through a remote."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from buckets import CREDENTIALS, Buckets
from pivot_cache import hash_bytes

WHO = ("-c", "user.name=Test", "-c", "user.email=test@example.org")


class Team:
    """Two clones of one repository, A's and B's, with a remote."""

    def __init__(
        self,
        a: Any,
        b: Any,
        url: str,
        remove: Callable[[str], None],
        options: tuple[str, ...] = (),
        put: Callable[[str, bytes], None] = lambda *_: None,
    ) -> None:
        self.a, self.b, self.url, self.options, self.put = a, b, url, options, put
        self._remove = remove  # whatever has this in its name

    def empty(self) -> None:
        """Remove all objects from the remote, behind everybody's back."""
        self._remove("objects/")

    def lose(self, digest: str) -> None:
        """Remove one object, likewise."""
        self._remove(f"objects/{digest[:2]}/{digest[2:]}")

    def share(self) -> None:
        """A names the remote, runs, pushes, and commits; B clones."""
        self.a.execute("git", "init", "-q", "-b", "main")
        self.a.run("init")
        self.a.run("remote", "add", "origin", self.url, *self.options)
        self.a.run("repro")
        self.a.run("push")
        self.commit(self.a)
        self.b.path.rmdir()
        self.a.execute("git", "clone", "-q", str(self.a.path), str(self.b.path))
        self.a.ran()

    def commit(self, who: Any) -> None:
        who.execute("git", "add", "-A")
        who.execute("git", *WHO, "commit", "-qm", "work")


@pytest.fixture(params=["file", "s3"])
def team(request: pytest.FixtureRequest, two_stages: Any, tmp_path: Path) -> Iterator[Team]:
    """The team, with a remote of either kind."""
    (tmp_path / "b").mkdir()
    b = type(two_stages)(tmp_path / "b" / "project", home=tmp_path / "home-b")
    if request.param == "file":
        directory = tmp_path / "remote"

        def unlink(part: str) -> None:
            for path in directory.rglob("*"):
                if path.is_file() and part in str(path):
                    path.unlink()

        yield Team(two_stages, b, directory.as_uri(), unlink)
        return
    buckets: Buckets = request.getfixturevalue("buckets")
    bucket = f"team-{uuid4().hex[:12]}"
    buckets.make(bucket)
    for one in (two_stages, b):
        one.environment |= CREDENTIALS

    def delete(part: str) -> None:
        for key in buckets.keys(bucket):
            if part in key:
                buckets.delete(bucket, key)

    options = ("--endpoint-url", buckets.endpoint, "--region", "us-east-1")

    def put(place: str, data: bytes) -> None:
        buckets.put(bucket, f"pivot/{place}", data)

    yield Team(two_stages, b, f"s3://{bucket}/pivot", delete, options, put)


def test_two_clones_share_what_was_computed(team: Team) -> None:
    team.share()
    a, b = team.a, team.b
    assert not b.exists("clean.json")
    pulled = b.run("pull")
    assert pulled.stdout.startswith(f"Fetching from origin: {team.url}")
    assert "Fetched 2 objects" in pulled.stdout and "2 restored" in pulled.stdout
    assert "up to date" in b.run("repro").stdout and b.ran() == []
    # B edits one stage and pushes; A takes it over without running anything.
    b.edit("totals.py", "sum(", "max(")
    b.run("repro")
    assert b.ran() == ["summarize"]
    assert "Pushed 1 object" in b.run("push").stdout
    team.commit(b)
    a.execute("git", "pull", "-q", "--ff-only", str(b.path), "main")
    assert "Fetched 1 object" in a.run("pull").stdout
    assert a.read("summary.json") == b.read("summary.json")
    assert "up to date" in a.run("repro").stdout and a.ran() == []


def test_a_second_push_and_pull_move_nothing(team: Team) -> None:
    team.share()
    assert "Everything is there already (2 objects" in team.a.run("push").stdout
    assert "Everything is there already (2 objects" in team.a.run("pull").stdout
    told = json.loads(team.a.run("push", "--json").stdout)
    assert (told["remote"], told["objects"], told["present"], told["incomplete"]) == ("origin", 0, 2, [])
    assert told["runs"] == 0  # no record of a run is sent without a key to sign it with


def test_only_what_a_target_names_moves(team: Team) -> None:
    team.share()
    would = json.loads(team.b.run("pull", "-n", "--json").stdout)
    assert (would["dry_run"], would["objects"], len(would["incomplete"])) == (True, 2, 2)
    assert not team.b.exists("clean.json") and not team.b.exists(".pivot/cache/objects")
    team.b.run("pull", "summarize")
    assert team.b.exists("summary.json") and not team.b.exists("clean.json")
    team.b.run("fetch")
    assert not team.b.exists("clean.json")
    assert "1 restored" in team.b.run("checkout").stdout
    assert "did you mean summarize" in team.b.run("pull", "sumarize", code=2).stderr


def test_an_edited_file_is_left_alone(team: Team) -> None:
    team.share()
    team.b.write({"summary.json": "mine"})
    outcome = team.b.run("pull", code=4)
    assert "summary.json is left as it is" in outcome.stderr
    assert team.b.read("summary.json") == "mine" and team.b.exists("clean.json")
    team.b.run("pull", "-f")
    assert team.b.read("summary.json") == team.a.read("summary.json")


def test_what_nobody_has_is_named_and_the_rest_moves(team: Team) -> None:
    team.share()
    clean = json.loads(team.a.read(".pivot/stages/preprocess.lock"))["outputs"]["clean.json"]["digest"]
    team.empty()
    lost = team.b.run("pull", code=1)
    assert "✗ clean.json, which preprocess makes, could not be moved whole" in lost.stderr
    assert f"{clean[:16]}…: origin does not have it" in lost.stderr
    assert "Hint: pivot push sends it from where the bytes are" in lost.stderr
    # The bucket was emptied by somebody else: what is there is asked each time, so the next push fills it again.
    (team.a.path / ".pivot/cache/objects" / clean[:2] / clean[2:]).unlink()
    some = team.a.run("push", code=1)
    assert "Pushed 1 object" in some.stdout and "the cache does not have it" in some.stderr
    assert "Hint: pivot fsck --repair keeps what the work tree has of it" in some.stderr
    assert "1 restored" in team.b.run("pull", code=1).stdout
    team.b.run("repro")
    assert team.b.ran() == ["preprocess"]


def test_a_remote_must_be_named(two_stages: Any) -> None:
    two_stages.run("init")
    assert "pivot remote add NAME" in two_stages.run("push", code=2).stderr
    two_stages.run("remote", "add", "one", "file:///mnt/one")
    two_stages.run("remote", "add", "two", "file:///mnt/two")
    assert "pivot remote default NAME (there are one, two)" in two_stages.run("pull", code=2).stderr


def test_a_check_of_a_fresh_clone_needs_no_data(team: Team) -> None:
    team.share()
    b = team.b
    assert "up to date" in b.run("verify", "--allow-missing").stdout
    assert "is missing" in b.run("verify", code=1).stdout
    assert "up to date" in b.run("repro", "--allow-missing").stdout
    assert b.ran() == [] and not b.exists("clean.json") and not b.exists(".pivot/cache/objects")
    b.edit("totals.py", "sum(", "max(")
    told = b.run("verify", "--allow-missing", "--summary", "out.md", code=1)
    assert "summarize   will run       func:total changed" in told.stdout and "preprocess" not in told.stdout
    assert "| summarize | would run | code changed: func:total |" in b.read("out.md")


def test_a_run_pulls_only_what_it_needs(team: Team) -> None:
    team.share()
    b = team.b
    first = b.run("repro", "--pull")
    assert b.ran() == [] and "Fetched 1 object" in first.stdout
    assert b.exists("summary.json") and not b.exists("clean.json")  # which nothing needed
    b.edit("totals.py", "sum(", "max(")
    second = b.run("repro", "--pull", "--push", "--summary", "summary.md")
    assert b.ran() == ["summarize"] and b.exists("clean.json")
    assert "Fetched 1 object" in second.stdout and "Pushed 1 object" in second.stdout
    assert "### pivot repro: 1 ran, 1 up to date" in b.read("summary.md")
    assert "Everything is there already" in b.run("repro", "--push").stdout


def test_what_cannot_be_pulled_is_computed(team: Team) -> None:
    team.share()
    team.empty()
    b = team.b
    outcome = b.run("repro", "--pull")
    assert b.ran() == ["preprocess", "summarize"] and "2 ran" in outcome.stdout
    assert b.read("summary.json") == team.a.read("summary.json")


def test_what_any_branch_needs_can_be_sent(team: Team) -> None:
    team.share()
    a = team.a
    a.execute("git", "switch", "-qc", "other")
    a.edit("totals.py", "sum(", "max(")
    a.run("repro")
    team.commit(a)
    a.execute("git", "switch", "-q", "main")
    team.empty()
    assert "Pushed 2 objects" in a.run("push").stdout
    assert "Pushed 1 object" in a.run("push", "--all-branches").stdout


KEY = {"PIVOT_REMOTE_SIGNING_KEY": "a-key-that-the-team-shares"}


def test_a_run_that_somebody_else_made_is_not_made_again(team: Team) -> None:
    team.share()
    a, b = team.a, team.b
    for one in (a, b):
        one.edit("totals.py", "sum(", "max(")
        one.environment |= KEY
    a.run("repro")
    assert a.ran() == ["summarize"]
    pushed = a.run("push")  # A commits nothing: B has no record of this run
    assert "Pushed 1 object" in pushed.stdout and "Pushed 2 records of runs, signed" in pushed.stdout
    assert "records of runs" not in a.run("push").stdout
    outcome = b.run("repro", "--pull")
    assert b.ran() == [] and "Known from origin: summarize" in outcome.stdout
    assert b.read("summary.json") == a.read("summary.json")
    assert b.read(".pivot/stages/summarize.lock") == a.read(".pivot/stages/summarize.lock")
    assert not b.exists("clean.json")  # which nothing needed
    assert "up to date" in b.run("repro", "--allow-missing").stdout and b.ran() == []


@pytest.mark.parametrize("team", ["file"], indirect=True)
def test_known_runs_need_no_record_at_all(team: Team) -> None:
    team.a.environment |= KEY
    team.share()
    b = team.b
    b.environment |= KEY
    shutil.rmtree(b.path / ".pivot/stages")
    outcome = b.run("repro", "--pull")
    assert b.ran() == [] and "Known from origin: preprocess" in outcome.stdout, outcome
    assert b.read("summary.json") == team.a.read("summary.json") and not b.exists("clean.json")
    assert b.execute("git", "status", "--porcelain").stdout == ""


@pytest.mark.parametrize("team", ["file"], indirect=True)
def test_old_results_in_the_way_of_a_known_run_are_kept(team: Team) -> None:
    team.share()
    a, b = team.a, team.b
    b.run("repro", "--pull")
    old = b.read("summary.json")
    for one in (a, b):
        one.edit("totals.py", "sum(", "max(")
        one.environment |= KEY
    a.run("repro", "--push")
    told = json.loads(b.run("repro", "--pull", "--json").stdout)
    assert [stage["action"] for stage in told["stages"]] == ["skip", "restore"] and b.ran() == []
    assert b.read("summary.json") == a.read("summary.json") != old


@pytest.mark.parametrize("team", ["file"], indirect=True)
@pytest.mark.parametrize("key", [None, "another-key-than-that-of-the-team"])
def test_what_is_not_signed_is_not_believed(team: Team, key: str | None) -> None:
    team.a.environment |= KEY
    team.share()
    b = team.b
    shutil.rmtree(b.path / ".pivot/stages")
    outcome = b.run("repro", "--pull", env={"PIVOT_REMOTE_SIGNING_KEY": key} if key else None)
    assert b.ran() == ["preprocess", "summarize"]
    words = "not signed with your remote.signing_key" if key else "remote.signing_key is not set"
    assert outcome.stderr.count("Ignored") == 1 and words in outcome.stderr
    assert "a-key-that" not in outcome.text and "another-key" not in outcome.text


@pytest.mark.parametrize("team", ["file"], indirect=True)
def test_a_known_run_whose_result_is_gone_is_made_again(team: Team) -> None:
    team.a.environment |= KEY
    team.share()
    b = team.b
    b.environment |= KEY
    shutil.rmtree(b.path / ".pivot/stages")
    summary = json.loads(team.a.read(".pivot/stages/summarize.lock"))["outputs"]["summary.json"]["digest"]
    team.lose(summary)
    b.run("repro", "--pull")
    assert b.ran() == ["summarize"] and b.exists("clean.json")
    assert b.read("summary.json") == team.a.read("summary.json")


@pytest.mark.parametrize("team", ["file"], indirect=True)
def test_a_key_to_sign_with_is_the_users_own(team: Team) -> None:
    a = team.a
    a.run("init")
    key = "0123456789abcdef0123456789abcdef"
    for scope in ((), ("--local",)):
        refused = a.run("config", "set", *scope, "remote.signing_key", key, code=3)
        assert "--global" in refused.stderr and key not in refused.stderr
    said = a.run("config", "set", "--global", "remote.signing_key", key)
    listed = a.run("config", "list", "--json").text + a.run("config", "get", "remote.signing_key").text
    assert "(set)" in listed and key not in listed + said.text
    file = Path(a.environment["HOME"], ".config/pivot/config.toml")
    assert key in file.read_text() and file.stat().st_mode & 0o077 == 0
    a.run("config", "set", "--global", "core.jobs", "2")
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("team", ["file"], indirect=True)
def test_what_nobody_needs_leaves_a_remote_once_it_is_old(team: Team, tmp_path: Path) -> None:
    team.a.environment |= KEY
    team.share()
    a = team.a
    a.execute("git", "switch", "-qc", "other")
    a.edit("totals.py", "sum(", "max(")
    a.run("repro", "--push")
    team.commit(a)
    a.execute("git", "switch", "-q", "main")
    a.edit("totals.py", "sum(", "min(")
    a.run("repro", "--push")  # a result that is never committed
    a.execute("git", "checkout", "-q", "--", ".")
    young = json.loads(a.run("gc", "--remote", "--json").stdout)
    assert young["remove"]["objects"] == 0 and not young["done"]
    for path in (tmp_path / "remote").rglob("*"):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    planned = a.run("gc", "--remote", "origin")
    assert "Would remove 1 object" in planned.stdout and "1 trace" in planned.stdout
    assert "pivot gc --remote origin --yes does it" in planned.stdout
    assert "Would remove 1 object" in a.run("gc", "--remote").stdout
    assert "Removed 1 object" in a.run("gc", "--remote", "--yes").stdout
    assert "Nothing to remove" in a.run("gc", "--remote").stdout
    assert "Everything is there already" in a.run("push", "--all-branches").stdout  # what any branch names has stayed
    team.b.run("pull")
    assert team.b.run("repro").stdout.startswith("Everything is up to date")
    team.b.execute("git", "fetch", "-q", "--depth", "1", (a.path).as_uri(), "main")
    assert "whole history" in team.b.run("gc", "--remote", "--yes", code=4).stderr


@pytest.mark.parametrize("team", ["file"], indirect=True)
def test_an_old_result_that_a_push_relies_on_stays_until_it_is_committed(team: Team, tmp_path: Path) -> None:
    team.share()
    a, b = team.a, team.b
    a.edit("totals.py", "sum(", "max(")
    a.run("repro", "--push")
    for path in (tmp_path / "remote").rglob("*"):
        os.utime(path, (1_600_000_000, 1_600_000_000))  # since then nobody's git has named it
    assert "Everything is there already" in a.run("push").stdout
    assert "Nothing to remove" in b.run("gc", "--remote", "--yes").stdout
    team.commit(a)
    b.execute("git", "pull", "-q")
    b.run("pull")
    assert b.run("repro").stdout.startswith("Everything is up to date")


@pytest.mark.parametrize("team", ["s3"], indirect=True)
def test_a_remote_is_mended_from_a_cache(team: Team) -> None:
    team.share()
    a = team.a
    clean, summary = (hash_bytes(a.path.joinpath(name).read_bytes()) for name in ("clean.json", "summary.json"))
    team.lose(clean)
    size = a.path.joinpath("summary.json").stat().st_size
    team.put(f"objects/{summary[:2]}/{summary[2:]}", bytes(size))
    found = a.run("fsck", "--remote", "--read-data", code=1).stderr
    assert "clean.json is not in origin" in found and f"object {summary} in origin is damaged" in found
    team.b.run("pull", code=1)
    assert "all is well again" in a.run("fsck", "--remote", "--read-data", "--repair").stdout
    team.b.run("pull")
    assert team.b.read("summary.json") == a.read("summary.json")
    assert "all is well" in team.b.run("fsck", "--remote", "--read-data").stdout
