import pytest

from pivot_fingerprint.comments import ignored_lines, misspelt


@pytest.mark.parametrize(
    "comment",
    [
        "# pivot: ignore",
        "#pivot: ignore",
        "# pivot:ignore",
        "#pivot:ignore",
        "#  pivot :  ignore",
        "#\tPivot: Ignore",
        "# pivot: ignore, a progress bar",
        "# type: ignore  # pivot: ignore",
        "# noqa #pivot:ignore",
    ],
)
def test_spellings_that_leave_out(comment: str) -> None:
    source = f"A = 1  {comment}\n{comment}\nB = 2\n".encode()
    assert ignored_lines(source) == {1: False, 2: True}
    assert misspelt(source) == []


@pytest.mark.parametrize(
    "comment",
    [
        "# pivot ignore",
        "# pivot-ignore",
        "#pivot=ignore",
        "# pivot: ignored",
        "# pivot: noqa",
        "# pivot: skip",
        "# pivot: ignroe",
    ],
)
def test_comments_that_look_like_it(comment: str) -> None:
    source = f"A = 1\nB = 2  {comment}\n".encode()
    assert ignored_lines(source) == {}
    assert misspelt(source) == [(2, comment)]


@pytest.mark.parametrize(
    "line",
    [
        "A = '# pivot: ignore'",
        "A = 1  # see '# pivot: ignore' in the guide",
        "A = 1  # pivot the table",
        "A = 1  # pivot: the column that decides",
        "A = pivot(ignore=1)  # rows",
    ],
)
def test_everything_else_says_nothing(line: str) -> None:
    assert ignored_lines(line.encode()) == {}
    assert misspelt(line.encode()) == []


def test_of_text_that_is_not_python_what_can_be_read_counts() -> None:
    assert ignored_lines(b"A = 1  # pivot: ignore\nB = (\n") == {1: False}
