import pytest

from pivot_cli.quantities import amount, duration, plural, up_to_date


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0042, "4 ms"),
        (0.0994, "99 ms"),
        (0.0996, "0.10 s"),
        (2.14, "2.1 s"),
        (59.9, "59.9 s"),
        (200.4, "3 min 20 s"),
        (7500, "2 h 5 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_plural() -> None:
    assert [plural(1, "stage"), plural(0, "stage"), plural(2, "stage")] == ["1 stage", "0 stages", "2 stages"]


def test_up_to_date() -> None:
    assert up_to_date(1, 0.07) == "Everything is up to date (1 stage, 70 ms)"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (3440, "3.44 kB"),
        (123_456, "123 kB"),
        (999_499, "999 kB"),
        (999_999, "1 MB"),
        (1_500_000_000, "1.5 GB"),
        (2_000_000_000_000, "2 TB"),
    ],
)
def test_amounts(count: int, text: str) -> None:
    assert amount(count) == text
