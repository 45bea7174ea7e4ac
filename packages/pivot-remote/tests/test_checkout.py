"""The cache of a checkout, moved without the rest of Pivot."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pivot_cache import Content, LocalStore, hash_bytes
from pivot_remote import InvalidLocation, Remote
from pivot_remote.__main__ import main
from pivot_remote.checkout import find_root, named_contents, read_remote


def row(content: Content) -> dict[str, object]:
    return content._asdict()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a stage, tracked data, and a cache that has both."""
    root = tmp_path / "project"
    (root / ".pivot/stages/sub").mkdir(parents=True)
    (root / "data").mkdir()
    (root / "data/raw.csv").write_bytes(b"raw")
    (root / "plots").mkdir()
    (root / "plots/a.png").write_bytes(b"plot")
    store = LocalStore(root / ".pivot/cache")
    plots, raw = store.save(root / "plots"), store.save(root / "data/raw.csv")
    store.close()
    (root / ".pivot/stages/sub/plot.lock").write_text(json.dumps({"outputs": {"plots/": row(plots)}}))
    (root / "data/raw.csv.pvt").write_text(json.dumps({"format": 1, **row(raw)}))
    monkeypatch.chdir(root / "data")
    monkeypatch.delenv("PIVOT_CACHE_DIR", raising=False)
    return root


def test_what_the_records_name(root: Path) -> None:
    assert find_root(root / "data") == root
    assert {one.kind for one in named_contents(root)} == {"directory", "file"}


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"outputs": 1}', '{"outputs": {"a": {"kind": "file", "digest": "../x", "size": 1}}}', '{"kind": 1}'],
)
def test_what_is_no_record_names_nothing(root: Path, text: str) -> None:
    (root / "data/raw.csv.pvt").write_text(text)
    assert len(named_contents(root)) == 1


def test_a_push_and_a_pull(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = (tmp_path / "remote").as_uri()
    assert main(["push", url]) == 0
    assert "3 objects moved" in capsys.readouterr().out
    shutil.rmtree(root / ".pivot/cache")
    assert main(["pull", url]) == 0
    store = LocalStore(root / ".pivot/cache")
    assert all(store.has_all(one) for one in named_contents(root))
    store.remove(hash_bytes(b"raw"))
    shutil.rmtree(tmp_path / "remote/objects")
    assert main(["pull", url]) == 1
    assert f"not moved: {hash_bytes(b'raw')}: the remote does not have it\n" in capsys.readouterr().err
    assert main(["push", "file:///no/such/place"]) == 4


def test_options_may_stand_anywhere(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = (tmp_path / "remote").as_uri()
    assert main(["push", "-j", "2", url]) == 0
    assert main(["-j", "2", "pull", url]) == 0
    for wrong in ("0", "-1", "many"):
        with pytest.raises(SystemExit) as caught:
            main(["push", url, f"--jobs={wrong}"])
        assert caught.value.code == 2
        assert "is no number from 1 on" in capsys.readouterr().err


def test_where_there_is_no_project_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert main(["push", (tmp_path / "remote").as_uri()]) == 4
    assert "there is no .pivot here or above" in capsys.readouterr().err
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_what_could_not_be_moved_is_told_with_the_reason(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    oid = hash_bytes(b"raw")
    (tmp_path / "remote/objects").mkdir(parents=True)
    (tmp_path / "remote/objects" / oid[:2]).write_text("in the way")
    assert main(["push", (tmp_path / "remote").as_uri()]) == 1
    assert f"not moved: {oid}: cannot " in capsys.readouterr().err


def test_the_remote_of_the_settings(root: Path) -> None:
    config = root / ".pivot/config.toml"
    config.write_text('[remotes]\none = "file:///one"\n')
    assert read_remote(root, None) == Remote("file:///one")
    config.write_text(
        'default_remote = "two"\n[remotes]\none = "file:///one"\n[remotes.two]\nurl = "s3://two"\nregion = "r"\n'
        'profile = "theirs"\n'
    )
    assert read_remote(root, None).profile is None  # what git brings may not choose whose credentials are used
    (root / ".pivot/config.local.toml").write_text('[remotes.two]\nprofile = "me"\n')
    assert read_remote(root, None) == Remote("s3://two", region="r", profile="me")
    assert read_remote(root, "one").url == "file:///one"
    with pytest.raises(InvalidLocation, match="three is no remote: it is not in"):
        read_remote(root, "three")
    config.unlink()
    (root / ".pivot/config.local.toml").unlink()
    with pytest.raises(InvalidLocation, match="no default is set"):
        read_remote(root, None)


def test_nothing_else_of_pivot_is_imported(root: Path, tmp_path: Path) -> None:
    program = (
        "import sys, pivot_remote.__main__ as command; code = command.main(sys.argv[1:]);"
        "assert not {'pivot', 'pivot_cli', 'pivot_fingerprint'} & set(sys.modules); sys.exit(code)"
    )
    words = [sys.executable, "-c", program, "push", (tmp_path / "remote").as_uri()]
    assert subprocess.run(words, cwd=root, check=False).returncode == 0
