import os
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivot.errors import DeclarationError
from pivot.paths import below, parents, resolve

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0\n\r"), min_size=1, max_size=5)
RELATIVE = st.lists(NAMES | st.just("..") | st.just("."), min_size=1, max_size=6).map("/".join)


@pytest.mark.parametrize(
    ("written", "resolved"),
    [
        ("data.csv", "/project/sub/data.csv"),
        ("./a//b/../c.csv", "/project/sub/a/c.csv"),
        ("images/", "/project/sub/images/"),
        ("images//", "/project/sub/images/"),
        ("../shared/x", "/project/shared/x"),
        (Path("a") / "b", "/project/sub/a/b"),
        ("with space and ä", "/project/sub/with space and ä"),
    ],
)
def test_a_path_starts_at_the_pipelines_directory(written: str | Path, resolved: str) -> None:
    assert resolve(written, "/project/sub") == resolved


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("/data.csv", "the path /data.csv is absolute"),
        ("", "the path '' is the pipeline's own directory"),
        ("./", "the path './' is the pipeline's own directory"),
        ("a/..", "the path 'a/..' is the pipeline's own directory"),
        ("a\nb", "no line of a record can hold"),
        ("a\0b", "no line of a record can hold"),
        ("a\udcff", "no line of a record can hold"),
        ("in/" + "ü" * 128, "… is longer than a file system takes"),
        ("a/" * 2048 + "x", "… is longer than a file system takes"),
        (b"data.csv", "a path must be a str, not a value of type bytes"),
        (3, "a path must be a str, not a value of type int"),
    ],
)
def test_what_is_no_path_is_refused(written: object, problem: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        resolve(written, "/project")
    assert problem in caught.value.problem


def test_a_path_is_recorded_relative_to_the_root() -> None:
    assert below("/project/sub/data.csv", "/project") == "sub/data.csv"
    assert below("/project/images/", "/project") == "images/"
    assert below("/data.csv", "/") == "data.csv"


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/projects/data.csv", "the path ../projects/data.csv leaves the project"),
        ("/etc/passwd", "the path ../etc/passwd leaves the project"),
        ("/project/", "the path is the project itself"),
        ("/project/.git/config", "the path .git/config lies in .git"),
        ("/project/sub/.pivot/", "the path sub/.pivot/ lies in .pivot"),
        ("/project/git~1/hooks/x", "the path git~1/hooks/x lies in git~1"),
        ("/project/ä/.Git /x", "the path ä/.Git /x lies in .Git "),
    ],
)
def test_a_path_stays_in_the_project(path: str, problem: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        below(path, "/project")
    assert caught.value.problem.startswith(problem)


@given(written=RELATIVE, slash=st.booleans())
def test_whatever_is_accepted_is_normal_and_inside(written: str, slash: bool) -> None:
    try:
        recorded = below(resolve(written + "/" * slash, "/p/q"), "/p")
    except DeclarationError:
        return
    path = recorded.removesuffix("/")
    assert recorded.endswith("/") == slash
    assert os.path.normpath(path) == path
    assert not path.startswith(("/", "../"))
    assert resolve(path, "/p") == f"/p/{path}"


@given(names=st.lists(NAMES.filter(lambda name: name not in (".", "..")), min_size=1))
def test_the_parents_of_a_path(names: list[str]) -> None:
    path = "/".join(names)
    assert list(parents(path)) == [str(one) for one in PurePosixPath(path).parents][:-1]
