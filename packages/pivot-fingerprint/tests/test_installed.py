"""Which distribution a file belongs to, asked of a directory that looks like ``site-packages``."""

import os
from pathlib import Path

import pytest

from pivot_fingerprint.installed import Distribution, Installed, normal
from pivot_fingerprint.memo import PlainMemo


@pytest.fixture
def site(tmp_path: Path) -> Path:
    site = tmp_path / "site-packages"
    site.mkdir()
    return site


def install(site: Path, name: str, version: str, *files: str) -> Distribution:
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: of the text\n")
    (info / "RECORD").write_text("".join(f"{file},sha256=x,1\n" for file in files))
    return Distribution(normal(name), version, str(info / "METADATA"))


def owner(site: Path, file: str) -> Distribution | None:
    return Installed(PlainMemo()).owner(str(site), str(site / file))


def test_a_file_belongs_to_the_distribution_that_records_it(site: Path) -> None:
    yaml = install(site, "Py_YAML", "6.0", "yaml/__init__.py", "yaml/nodes.py")
    other = install(site, "yaml", "1.0", "other.py")
    assert owner(site, "yaml/nodes.py") == yaml
    assert owner(site, "other.py") == other
    assert yaml.name == "py-yaml"


def test_a_part_of_a_recorded_name_is_not_that_file(site: Path) -> None:
    install(site, "deep", "1.0", "deep/tool.py")
    assert owner(site, "tool.py") is None
    assert owner(site, "deep/tool") is None


def test_without_a_record_the_top_level_names_count(site: Path) -> None:
    info = site / "Bundle-3.1.egg-info"
    info.mkdir()
    (info / "PKG-INFO").write_text("Name: Bundle\nVersion: 3.1\n\n")
    (info / "top_level.txt").write_text("first\nsecond\n")
    assert owner(site, "second/inside.py") == Distribution("bundle", "3.1", str(info / "PKG-INFO"))
    assert owner(site, "third.py") is None


def test_without_metadata_the_name_of_the_directory_counts(site: Path) -> None:
    (site / "old_tool-0.5.egg-info").mkdir()
    expected = Distribution("old-tool", "0.5", str(site / "old_tool-0.5.egg-info"))
    assert owner(site, "old_tool.py") == expected
    assert Installed(PlainMemo()).named([str(site)], "Old.Tool") == expected


def test_the_first_directory_with_the_name_wins(site: Path, tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.mkdir()
    install(site, "tool", "1.0", "tool.py")
    newer = install(before, "tool", "2.0", "tool.py")
    installed = Installed(PlainMemo())
    assert installed.named([str(tmp_path / "missing"), str(before), str(site)], "Tool") == newer
    assert installed.named([str(before), str(site)], "another") is None


def test_a_remembered_owner_holds_until_the_directory_changes(site: Path) -> None:
    memo = PlainMemo()
    old = install(site, "tool", "1.0", "tool.py")
    file = str(site / "tool.py")
    assert Installed(memo).owner(str(site), file) == old
    (Path(old.metadata).parent / "RECORD").unlink()  # nobody looks for it again
    assert Installed(memo).owner(str(site), file) == old

    os.rename(Path(old.metadata).parent, site / "tool-1.0.old")
    new = install(site, "tool", "1.1", "tool.py")
    os.utime(site, ns=(0, 1))  # another state, whatever the clock of the file system
    assert Installed(memo).owner(str(site), file) == new


def test_a_missing_directory_owns_nothing(tmp_path: Path) -> None:
    assert owner(tmp_path / "missing", "tool.py") is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [("Ruamel.Yaml", "ruamel-yaml"), ("a__b-_c", "a-b-c"), ("Py_YAML-6.0.dist-info", "py-yaml"), ("x.egg-info", "x")],
)
def test_normal_names(given: str, expected: str) -> None:
    assert normal(given) == expected
