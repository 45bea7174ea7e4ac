"""What came of giving back, in lines."""

import pytest

from pivot.given import Given
from pivot_cli.giving import given_data, show_given, sum_up
from pivot_cli.session import Session


@pytest.fixture
def session(screen) -> Session:
    session = Session()
    session.terminal = screen.terminal
    return session


def test_a_line_for_what_was_done(session, screen) -> None:
    show_given(session, Given("train", "model.bin", "restored", saved=".pivot/cache/objects/ab/cd"))
    show_given(session, Given("train", "plot.png", "relinked"))
    show_given(session, Given("train", "right.bin", "right"))
    assert [line.split()[1] for line in screen.out.splitlines() if line.startswith("↺")] == ["model.bin", "plot.png"]
    assert "kept as .pivot/cache/objects/ab/cd (pivot get" in screen.out and "right.bin" not in screen.out


def test_what_was_not_done_goes_to_stderr_with_the_next_step(session, screen) -> None:
    session.quiet = True
    show_given(session, Given("train", "model.bin", "edited"))
    show_given(session, Given("train", "plot.png", "lost", problem="plot.png is not in the cache"))
    show_given(session, Given(None, "raw.csv", "lost", problem="raw.csv is not in the cache"))
    assert screen.out == ""
    for words in (
        "model.bin is left as it is: the cache does not hold these bytes",
        "-f replaces it",
        "make it again, with: pivot repro train",
        "copy it from where it came from",
    ):
        assert words in screen.err


def test_what_a_revision_had(session, screen) -> None:
    show_given(session, Given("train", "old.bin", "lost", problem="model.bin as of v1 is not in the cache"), "v1")
    assert "make it again, in a checkout of v1, with: pivot repro train" in screen.err


def test_the_sum() -> None:
    given = [Given(None, "a", "right", unlinked=True), Given(None, "b", "restored", unlinked=True)]
    first, second = sum_up(given).splitlines()
    assert first == "Files: 1 restored, 1 already right"
    assert second.startswith("a and 1 more could not be linked here")
    assert sum_up([]) == ""
    assert given_data(given)["summary"] == {
        "restored": 1,
        "relinked": 0,
        "right": 1,
        "differs": 0,
        "edited": 0,
        "lost": 0,
    }
