"""Which paths wake a watch, judged by name."""

import pytest

from pivot.watch.interest import Interest, is_passing


def interest(**fields: set[str]) -> Interest:
    names = ("files", "trees", "listings", "packages", "own", "own_trees")
    return Interest(*(frozenset(fields.get(name, ())) for name in names), ignored=lambda path: path.endswith(".log"))


KNOWN = interest(
    files={"/p/pipeline.py", "/p/lib/helper.py", "/p/data/raw.json", "/p/.pivot/config.toml"},
    trees={"/p/images"},
    listings={"/p/lists"},
    packages={"/p", "/p/lib"},
    own={"/p/clean.json", "/p/.pivot/stages/clean.lock", "/p/made"},
    own_trees={"/p/made"},
)


@pytest.mark.parametrize(
    ("path", "concern"),
    [
        ("/p/lib/helper.py", "edit"),
        ("/p/data/raw.json", "edit"),
        ("/p/data/other.json", None),
        ("/p/data", "edit"),  # replaced
        ("/p/.pivot/config.toml", "edit"),
        ("/p/.pivot", "edit"),
        ("/p/.pivot/state.db", None),
        ("/p/.git/index", None),
        ("/p/.git/x.py", None),
        ("/p/new.py", "edit"),
        ("/p/lib/new.py", "edit"),
        ("/p/data/new.py", None),
        ("/p/lib/__pycache__/helper.cpython-313.pyc", None),
        ("/p/images/a/b.png", "edit"),
        ("/p/images/.b.png.swp", None),
        ("/p/images/a/b.log", None),
        ("/p/lists/new", "edit"),
        ("/p/lists/new/below", None),
        ("/p/clean.json", "own"),
        ("/p/.pivot/stages/clean.lock", "own"),
        ("/p/.pivot/stages", "own"),  # removed
        ("/p/made/x/y", "own"),
        ("/elsewhere", None),
    ],
)
def test_concern(path: str, concern: str | None) -> None:
    assert KNOWN.concern(path) == concern


@pytest.mark.parametrize(
    "name", ["4913", "a.py~", ".a.py.swp", ".a.py.swpx", ".#a.py", "#a.py#", "a.py.tmp", ".goutputstream-X1"]
)
def test_what_editors_leave_for_a_moment(name: str) -> None:
    assert is_passing(f"/p/{name}")
    assert not is_passing("/p/a.py")


def test_a_swap_file_that_is_an_input_counts() -> None:
    assert interest(files={"/p/4913"}).concern("/p/4913") == "edit"


def test_every_directory_in_which_something_of_interest_stands_is_watched() -> None:
    wanted = {"/p", "/p/lib", "/p/data", "/p/.pivot", "/p/.pivot/stages", "/p/images", "/p/lists", "/p/made"}
    assert KNOWN.directories() == wanted


def test_a_new_directory_may_be_a_package() -> None:
    assert KNOWN.may_hold_modules("/p/new") and KNOWN.may_hold_modules("/p/lib/sub")
    assert not KNOWN.may_hold_modules("/p/images/sub")
    assert not KNOWN.may_hold_modules("/p/.venv") and not KNOWN.may_hold_modules("/p/__pycache__")
