"""A question and an answer are plain values."""

from pivot_remote.question import Answer, Question


def test_a_question_is_one_of_reading_unless_it_says_more() -> None:
    assert Question("GET", "key") == ("GET", "key", {}, b"", {}, (200,), False, False)
    assert Answer(200, {}, b"").stream is None
