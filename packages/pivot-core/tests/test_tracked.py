"""The files beside tracked data: a round trip, distrust of everything else, and where they are looked for."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pivot.record import Damaged, format_record, seal
from pivot.tracked import Tracked, decode, encode, find_tracked, read_tracked, write_tracked
from pivot_cache import Content, ObjectId

DIGEST = ObjectId("ab" * 32)
DATA = Content("file", DIGEST, 5)

digests = st.text("0123456789abcdef", min_size=64, max_size=64).map(ObjectId)
contents = st.builds(Content, st.sampled_from(["file", "directory", "executable"]), digests, st.integers(0, 2**50))
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda x: st.lists(x) | st.dictionaries(st.text(), x),
)


@given(contents)
def test_what_is_written_is_read(content: Content) -> None:
    assert decode(encode(content)) == content


def test_the_file_is_one_fact_a_line() -> None:
    assert encode(DATA).decode().splitlines()[1:5] == [
        f'  "digest": "{DIGEST}",',
        '  "format": 1,',
        '  "kind": "file",',
        encode(DATA).decode().splitlines()[4],
    ]
    assert encode(DATA).decode().splitlines()[5] == '  "size": 5'


@given(st.binary())
def test_garbage_is_a_reason(data: bytes) -> None:
    with pytest.raises(ValueError):
        decode(data)


@settings(max_examples=25)
@given(st.dictionaries(st.sampled_from(["format", "kind", "digest", "size", "path"]) | st.text(), json))
def test_a_sealed_record_of_another_shape_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        decode(format_record(seal(body)))


@pytest.mark.parametrize("change", [{"path": "../x"}, {"kind": "link"}, {"kind": []}, {"size": "5"}])
def test_a_sealed_record_is_exact(change: dict[str, Any]) -> None:
    body = {"format": 1, "kind": "file", "digest": DIGEST, "size": 5}
    assert decode(format_record(seal(body))) == DATA
    with pytest.raises(ValueError):
        decode(format_record(seal(body | change)))


def test_an_edit_by_hand_is_told(tmp_path: Path) -> None:
    file = tmp_path / "data.csv.pvt"
    assert read_tracked(file) is None
    write_tracked(file, DATA)
    assert read_tracked(file) == DATA
    file.write_bytes(orjson.dumps(orjson.loads(file.read_bytes()) | {"size": 6}))
    found = read_tracked(file)
    assert isinstance(found, Damaged) and "an edit by hand" in found.problem and str(file) in found.problem


def test_where_they_are_looked_for(tmp_path: Path) -> None:
    for path in (
        "data.csv",
        "raw",
        "raw/inside",
        "a/b c/-ü",
        ".hidden/x",
        ".git/x",
        ".pivot/x",
        "made/x",
        "other/x",
        "venv/x",
    ):
        file = tmp_path / f"{path}.pvt"
        file.parent.mkdir(parents=True, exist_ok=True)
        write_tracked(file, DATA)
    (tmp_path / "other/.pivot").mkdir()
    (tmp_path / "venv/pyvenv.cfg").touch()
    (tmp_path / "elsewhere").symlink_to(tmp_path / "a")
    (tmp_path / "bad.pvt").write_text("{}")
    (tmp_path / "directory.pvt").mkdir()
    (tmp_path / ".pvt").touch()
    found = list(find_tracked(tmp_path, outputs={"made"}))
    assert {one.path for one in found} == {"data.csv", "raw", "a/b c/-ü", ".hidden/x", "bad"}
    assert Tracked("data.csv", DATA) in found
    (bad,) = [one for one in found if one.path == "bad"]
    assert isinstance(bad.content, Damaged)


@pytest.mark.parametrize("name", [".", "..", ".git", "sub/.git", "sub/.GIT", "git~1", ".pivot", "sub/..", "a\nb"])
def test_a_name_that_is_no_place_for_data(tmp_path: Path, name: str) -> None:
    """What it says is not even looked at: the files of git and Pivot, or a directory above, would be replaced."""
    file = tmp_path / f"{name}.pvt"
    file.parent.mkdir(exist_ok=True)
    write_tracked(file, DATA)
    (found,) = find_tracked(tmp_path)
    assert isinstance(found.content, Damaged)
