import os
from pathlib import Path

import pytest

from pivot.secrets import find_secrets

# Put together here, so that no scanner of this repository takes them for real ones.
SHAPES = {
    "an AWS access key": "AKIA" + "ABCDEFGHIJ234567",
    "an AWS secret key": "aws_secret_access_key = " + "abcd/+EFGH" * 4,
    "a private key": "-----BEGIN OPENSSH " + "PRIVATE KEY-----",
    "a GitHub token": "ghp" + "_" + "a1" * 18,
    "a GitLab token": "glpat" + "-" + "a" * 20,
    "a Slack token": "xoxb" + "-" + "1234567890",
    "a Google key": "AI" + "za" + "x" * 35,
    "a password in an address": "https://me:" + "hunter22" + "@example.org/x",
}


def found(top: Path, **options: tuple[str, ...]) -> set[tuple[str, str]]:
    return {(os.path.relpath(one.path, top), one.what) for one in find_secrets(str(top), **options)}


@pytest.mark.parametrize("what", SHAPES)
def test_each_shape(tmp_path: Path, what: str) -> None:
    (tmp_path / "log").write_text(f"before\n{SHAPES[what]}\nafter")
    assert found(tmp_path) == {("log", what)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret",
        "af13" * 16,
        "https://example.org:8080/@x",
        "https://$USER:$PASS@h",
        "AKIASHORT",
        "aws_secret_access_key",
    ],
)
def test_ordinary_text(tmp_path: Path, text: str) -> None:
    (tmp_path / "log").write_text(text)
    assert found(tmp_path) == set()


def test_across_the_pieces_of_a_large_file(tmp_path: Path) -> None:
    key = SHAPES["an AWS access key"]
    (tmp_path / "log").write_text(" " * ((1 << 20) - 10) + key + " " * (1 << 20))
    assert found(tmp_path) == {("log", "an AWS access key")}


def test_links_fifos_and_what_is_left_out(tmp_path: Path) -> None:
    key = SHAPES["an AWS access key"]
    (tmp_path / "in" / "objects").mkdir(parents=True)
    (tmp_path / "in" / "objects" / "x").write_text(key)
    (tmp_path / "out").write_text(key)
    os.mkfifo(tmp_path / "in" / "fifo")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "out")
    assert found(tmp_path / "in", without=(str(tmp_path / "in" / "objects"),)) == set()
    assert found(tmp_path / "in") == {("objects/x", "an AWS access key")}
