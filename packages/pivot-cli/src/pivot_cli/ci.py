"""What a job of continuous integration may do: one for a pull request from a fork sends nothing.

Whoever opens such a request decides what its job runs. It should have no credentials that may write, and this is the
second fence.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from pivot.errors import UsageError


def refuse_forks() -> None:
    """Raise UsageError in a job that says of itself that it is for a pull request from a fork."""
    if is_for_fork():
        raise UsageError(
            "this job is for a pull request from a fork, and what a fork made is not sent",
            hint="push from a protected branch; --allow-pr-push sends all the same",
        )


def is_for_fork(environ: Mapping[str, str] = os.environ) -> bool:
    """Say whether the usual variables tell of a request that comes from another repository."""
    gitlab = environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH")
    if gitlab and gitlab != environ.get("CI_MERGE_REQUEST_PROJECT_PATH"):
        return True
    if environ.get("GITHUB_EVENT_NAME", "").startswith("pull_request"):
        return _head(environ.get("GITHUB_EVENT_PATH", "")) != environ.get("GITHUB_REPOSITORY")
    return False


def _head(event: str) -> str | None:
    """Return the repository that a pull request comes from; None if nobody says, so that it counts as a fork."""
    try:
        found: Any = orjson.loads(Path(event).read_bytes())
        return str(found["pull_request"]["head"]["repo"]["full_name"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
