import threading
from typing import Any

from pivot_cli import progress
from pivot_cli.progress import ERASE, Spinner


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_only_what_takes_longer_than_a_second(make_screen: Any) -> None:
    clock = Clock()
    spinner = Spinner(make_screen(tty=True).terminal.out, clock)
    spinner.start("train")
    try:
        assert spinner.text() == ""
        clock.now += 0.9
        spinner.start("plot")
        clock.now += 2.1
        assert spinner.text()[1:] == " train 3 s   plot 2 s"
        clock.now += 120
        assert spinner.text()[1:] == " train 2 min 3 s   plot 2 min 2 s"
        spinner.stop("train")
        assert spinner.text()[1:] == " plot 2 min 2 s"
    finally:
        spinner.close()


def test_it_moves_and_leaves_nothing_behind(make_screen: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(progress, "TICK", 0.001)
    clock = Clock()
    screen = make_screen(tty=True)
    drawn = threading.Event()
    write = screen.terminal.out.file.write
    screen.terminal.out.file.write = lambda text: (write(text), drawn.set() if "train" in text else None)[0]
    spinner = Spinner(screen.terminal.out, clock)
    spinner.start("train")
    clock.now += 5
    assert drawn.wait(50)
    spinner.say(screen.terminal.out, "a line that stays")
    spinner.stop("train")
    spinner.close()
    assert "train 5 s" in screen.out
    assert f"{ERASE}a line that stays\n" in screen.out
    assert screen.out.endswith(ERASE)
    assert not [thread for thread in threading.enumerate() if thread.name == "pivot progress"]


def test_a_quick_run_draws_nothing(make_screen: Any) -> None:
    screen = make_screen(tty=True)
    spinner = Spinner(screen.terminal.out, Clock())
    spinner.start("quick")
    spinner.say(screen.terminal.out, "done")
    spinner.stop("quick")
    spinner.close()
    spinner.close()  # twice is no error
    assert screen.out == "done\n"


def test_a_line_fits_the_terminal(make_screen: Any) -> None:
    clock = Clock()
    spinner = Spinner(make_screen(tty=True).terminal.out, clock)
    for number in range(40):
        spinner.start(f"stage{number}")
    clock.now += 5
    assert len(spinner.text()) == 79
    spinner.close()


def test_a_terminal_that_went_away_ends_the_drawing(make_screen: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(progress, "TICK", 0.001)
    screen = make_screen(tty=True)

    def gone(text: str) -> int:
        raise OSError(5, "Input/output error")

    screen.terminal.out.file.write = gone
    clock = Clock()
    spinner = Spinner(screen.terminal.out, clock)
    spinner.start("train")
    clock.now += 5
    thread = spinner._thread
    assert thread is not None
    thread.join(50)
    assert not thread.is_alive()
    spinner.close()
