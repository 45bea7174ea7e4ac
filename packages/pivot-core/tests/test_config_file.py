import tomllib
from pathlib import Path

import pytest

from pivot.config import read_config
from pivot.config_file import set_value, unset_value
from pivot.errors import ConfigError, StorageError
from pivot_cache.errors import DiskError

COMMENTED = """\
# how we work here
durability = "fast"  # laptops

[core]
# two is plenty
jobs = 2
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / ".pivot" / "config.toml"
    path.parent.mkdir()
    path.write_text(COMMENTED)
    return path


def test_a_value_changes_and_comments_stay(file: Path) -> None:
    assert set_value(file, "core.jobs", "8", "project") == 8
    assert file.read_text() == COMMENTED.replace("jobs = 2", "jobs = 8")


def test_new_keys_find_their_table(file: Path) -> None:
    set_value(file, "core.start_method", "spawn")
    set_value(file, "cache.checkout_mode", "copy")
    set_value(file, "durability", "full")
    values = read_config(file.parent.parent, {}).values
    assert (values["core.start_method"], values["cache.checkout_mode"]) == ("spawn", "copy")
    assert (values["durability"], values["core.jobs"]) == ("full", 2)
    assert "# two is plenty" in file.read_text()


def test_a_key_above_the_tables(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[core]\njobs = 2\n")
    set_value(file, "durability", "fast")
    assert file.read_text().index("durability") < file.read_text().index("[core]")


def test_a_file_with_dotted_keys(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('core.jobs = 2\ncache.checkout_mode = "copy"\n')
    set_value(file, "core.jobs", "3")
    assert file.read_text() == 'core.jobs = 3\ncache.checkout_mode = "copy"\n'
    assert unset_value(file, "cache.checkout_mode")
    assert file.read_text() == "core.jobs = 3\n"


def test_a_file_and_its_directories_are_made(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "config.toml"
    assert set_value(file, "cache.dir", "/data/cache") == "/data/cache"
    assert file.read_text() == '[cache]\ndir = "/data/cache"\n'


def test_unset(file: Path) -> None:
    assert unset_value(file, "core.jobs") is True
    assert "[core]" not in file.read_text()
    assert file.read_text().startswith("# how we work here\n")
    assert unset_value(file, "core.jobs") is False
    assert unset_value(file.parent / "none.toml", "core.jobs") is False


def test_a_key_that_no_longer_exists_can_be_removed(file: Path) -> None:
    file.write_text("[old]\nkey = 1\n")
    assert unset_value(file, "old.key")
    assert file.read_text() == ""


@pytest.mark.parametrize(
    ("key", "text", "says", "hint"),
    [
        ("core.job", "2", "there is no setting 'core.job'", "did you mean core.jobs?"),
        ("core.jobs", "many", "core.jobs must be a whole number from 1, not 'many'", None),
        ("cache.dir", "/x", "cache.dir may not be set by the committed settings", "--local cache.dir /x"),
        ("remote.signing_key", "0123456789abcdef", "remote.signing_key may not be set by a file of the project", None),
        (
            "remote.signing_key",
            "short",
            "remote.signing_key must be a key of 16 characters or more, such as `openssl rand -hex 32` makes",
            None,
        ),
    ],
)
def test_what_is_refused_leaves_the_file_alone(file: Path, key: str, text: str, says: str, hint: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        set_value(file, key, text, "project")
    assert caught.value.problem == says
    assert "0123456789abcdef" not in str(caught.value) + str(caught.value.hint)
    assert hint is None or hint in (caught.value.hint or "")
    assert file.read_text() == COMMENTED


def test_a_broken_file_is_not_written_over(file: Path) -> None:
    file.write_text("[core\n")
    with pytest.raises(ConfigError, match="not TOML"):
        set_value(file, "core.jobs", "2")
    with pytest.raises(ConfigError, match="not TOML"):
        unset_value(file, "core.jobs")
    assert file.read_text() == "[core\n"


def test_a_value_where_a_table_should_be(file: Path) -> None:
    file.write_text("core = 1\n")
    with pytest.raises(ConfigError, match="core is a value, not a table"):
        set_value(file, "core.jobs", "2")
    assert unset_value(file, "core.jobs") is False


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises((StorageError, DiskError)):
        set_value(tmp_path / "file" / "config.toml", "core.jobs", "2")


def test_the_short_form_of_a_remote_grows_and_shrinks(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[remotes]\norigin = "s3://bucket"\n')
    assert unset_value(file, "remotes.origin.url") and file.read_text() == ""
    file.write_text('[remotes]\norigin = "s3://bucket"\n')
    set_value(file, "remotes.origin.region", "eu-west-1")
    found = tomllib.loads(file.read_text())
    assert found == {"remotes": {"origin": {"url": "s3://bucket", "region": "eu-west-1"}}}
    set_value(file, "remotes.origin", "s3://other")
    assert tomllib.loads(file.read_text())["remotes"]["origin"]["url"] == "s3://other"
    assert unset_value(file, "remotes.origin") and file.read_text() == ""
