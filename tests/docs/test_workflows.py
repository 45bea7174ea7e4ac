"""The workflows of the CI guide, executed: their shell steps, in order, in a clone, with a remote on disk."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))
from pages import File, steps

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "guides" / "ci.md"
WHO = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
MAIN = {"github.event_name": "push", "github.ref": "refs/heads/main"}
FORK = {"github.event_name": "pull_request", "github.ref": "refs/pull/1/merge"}


def workflow(name: str) -> dict[str, Any]:
    [text] = [step.text for step in steps(PAGE) if isinstance(step, File) and step.name == name]
    found = yaml.safe_load(text)
    assert isinstance(found, dict)
    return found


def of_github(event: Mapping[str, str]) -> Iterator[str]:
    """The commands that GitHub would run for an event, but for the installation."""
    ours = event is MAIN
    for job in workflow(".github/workflows/pipeline.yml")["jobs"].values():
        if "if" in job and not ours:
            continue
        for step in job["steps"]:
            if "run" in step and (ours or "if" not in step):
                yield step["run"]


def of_gitlab(event: Mapping[str, str]) -> Iterator[str]:
    found = workflow(".gitlab-ci.yml")
    jobs = [job for job in found.values() if isinstance(job, dict) and "script" in job]
    for job in sorted(jobs, key=lambda job: found["stages"].index(job["stage"])):
        if "rules" not in job or event is MAIN:
            yield from (*found["before_script"], *job["script"])


class Shop:
    """A repository with a project whose bytes are in a remote, and a clone of it in which a job runs."""

    def __init__(self, home: Path) -> None:
        (home / "home").mkdir()
        self.home, self.work, self.job = home, home / "work", home / "job"
        self.work.mkdir()
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}"
        self.environ = {
            "HOME": str(home / "home"),
            "PATH": path,
            "LANG": "C.UTF-8",
            "GITHUB_STEP_SUMMARY": "summary.md",
        }
        self.sh("git init -q -b main && pivot init --example -q", self.work)
        self.sh(f"pivot remote add disk file://{home}/shared && pivot repro -q && pivot push -q", self.work)
        self.commit()

    def sh(self, command: str, where: Path) -> int:
        ended = subprocess.run(
            ["sh", "-ec", command], cwd=where, env=self.environ, check=False, capture_output=True, text=True
        )
        self.said = ended.stdout + ended.stderr
        return ended.returncode

    def commit(self) -> None:
        git = " ".join(("git", *(f"'{word}'" for word in WHO)))
        assert self.sh(f"git add -A && {git} commit -qm work", self.work) == 0, self.said

    def run(self, commands: Iterator[str]) -> list[str]:
        """Run the commands in a new clone; return those that ran, the last of them failed if it ends with an X."""
        assert self.sh(f"git clone -q {self.work} {self.job}", self.home) == 0, self.said
        ran: list[str] = []
        for command in commands:
            if command.startswith("pip "):
                continue
            code = self.sh(command, self.job)
            word = re.sub(r" --summary \S+", "", command)
            ran.append(word + (" X" if code else ""))
            if code:
                break
        return ran


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.mark.parametrize("commands", [of_github, of_gitlab])
def test_on_the_main_branch_everything_is_got_checked_and_sent(shop: Shop, commands: Any) -> None:
    ran = shop.run(commands(MAIN))
    checked = ["pivot verify --allow-missing", "pivot pull", "pivot verify", "pivot repro"]
    assert ran[:4] == checked and ran[-1] == "pivot push"
    assert "Everything is there already" in shop.said
    assert "up to date" in (shop.job / "summary.md").read_text()


@pytest.mark.parametrize("commands", [of_github, of_gitlab])
def test_a_fork_is_checked_without_data(shop: Shop, commands: Any) -> None:
    assert shop.run(commands(FORK)) == ["pivot verify --allow-missing"]
    assert not (shop.job / ".pivot/cache/objects").exists()


@pytest.mark.parametrize("commands", [of_github, of_gitlab])
def test_records_that_are_not_current_end_it(shop: Shop, commands: Any) -> None:
    (shop.work / "data.json").write_text('{"records": []}')
    shop.commit()
    assert shop.run(commands(MAIN)) == ["pivot verify --allow-missing X"]
    assert "| preprocess | would run | input changed: data.json |" in (shop.job / "summary.md").read_text()
