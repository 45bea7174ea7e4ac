import json
from pathlib import Path

import pytest

from pivot.errors import UsageError
from pivot_cli.ci import is_for_fork, refuse_forks


@pytest.mark.parametrize(
    ("environ", "fork"),
    [
        ({}, False),
        ({"CI": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_REPOSITORY": "us/it"}, False),
        ({"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REPOSITORY": "us/it"}, True),  # nobody says where from
        ({"CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "us/it", "CI_MERGE_REQUEST_PROJECT_PATH": "us/it"}, False),
        ({"CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "them/it", "CI_MERGE_REQUEST_PROJECT_PATH": "us/it"}, True),
    ],
)
def test_the_usual_variables(environ: dict[str, str], fork: bool) -> None:
    assert is_for_fork(environ) is fork


@pytest.mark.parametrize(("repository", "fork"), [("us/it", False), ("them/it", True)])
def test_the_event_of_a_pull_request(tmp_path: Path, repository: str, fork: bool) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"head": {"repo": {"full_name": repository}}}}))
    environ = {
        "GITHUB_EVENT_NAME": "pull_request_target",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REPOSITORY": "us/it",
    }
    assert is_for_fork(environ) is fork


def test_what_a_fork_made_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    monkeypatch.setenv("GITHUB_REPOSITORY", "us/it")
    monkeypatch.delenv("GITHUB_EVENT_PATH", raising=False)
    with pytest.raises(UsageError, match="from a fork") as caught:
        refuse_forks()
    assert "--allow-pr-push" in str(caught.value.hint)
