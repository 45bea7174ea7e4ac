from typing import Any, NamedTuple

from pivot_cli.meter import Meter


class Told(NamedTuple):
    objects_done: int
    objects: int
    bytes_done: int
    bytes: int


def test_the_line_has_counts_bytes_and_rate(make_screen: Any) -> None:
    now = [100.0]
    screen = make_screen(tty=True)
    meter = Meter(screen.terminal.out, "Pushing", clock=lambda: now[0])
    assert meter.text() == ""
    meter(Told(0, 5000, 0, 20_000_000))
    now[0] += 0.5
    assert meter.text() == ""  # not yet worth a line
    now[0] += 1.5
    meter(Told(1000, 5000, 4_000_000, 20_000_000))
    text = meter.text()
    assert text[1:].startswith(" Pushing 1,000 of 5,000 objects, 4 MB of 20 MB, 2 MB/s")
    assert "8.0 s left" in text or len(text) == 79
    meter.close()
    assert screen.out.endswith("\x1b[2K") or "Pushing" not in screen.out
