"""A directory as a remote that belongs to somebody else, through the real command, as a user whom modes hold back."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench import PIVOT, Outcome, Project

WITHOUT = "--bounding-set=-dac_override,-dac_read_search,-fowner"  # what lets root into every directory


@pytest.fixture
def remote(project: Project, tmp_path: Path) -> Iterator[Path]:
    """Where two tracked files were pushed to; a third was not."""
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("modes do not hold back root, and there is no setpriv")
    remote = tmp_path / "remote"
    project.run("init")
    project.run("remote", "add", "disk", remote.as_uri())
    project.write({"one": "1", "two": "2"})
    project.run("track", "one", "two")
    project.run("push")
    project.write({"three": "3"})
    project.run("track", "three")
    yield remote
    for directory in [remote, *remote.rglob("*")]:  # in this order: what is below a closed one cannot be listed
        directory.chmod(0o755)


def run(project: Project, *arguments: str, code: int) -> Outcome:
    if os.geteuid() == 0:
        return project.execute("setpriv", WITHOUT, str(PIVOT), *arguments, code=code)
    return project.run(*arguments, code=code)


def test_a_remote_that_may_only_be_read(project: Project, remote: Path) -> None:
    for directory in [remote, *remote.rglob("*")]:
        directory.chmod(0o555 if directory.is_dir() else 0o444)
    [line] = run(project, "push", code=4).stderr.splitlines()
    assert line.startswith(f"Error: {remote.as_uri()}: cannot make {remote}/tmp: permission denied")
    assert "permission denied" in run(project, "fsck", "--remote", "--repair", code=2).stderr
    shutil.rmtree(project.path / ".pivot/cache")
    assert "Fetched 2 objects" in run(project, "pull", code=1).stdout


def test_a_folder_of_a_remote_that_may_not_be_read(project: Project, remote: Path) -> None:
    shutil.rmtree(project.path / ".pivot/cache")
    closed = next((remote / "objects").iterdir())
    closed.chmod(0)
    ended = run(project, "pull", code=1)
    assert (
        f"cannot read {closed}/" in ended.stderr and "check who owns it" in ended.stderr and "Errno" not in ended.text
    )
    assert f"cannot read {closed}/" in run(project, "fsck", "--remote", "--read-data", code=2).stderr
