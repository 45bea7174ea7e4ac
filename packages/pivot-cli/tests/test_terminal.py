import io
import json

import pytest

from pivot_cli.terminal import ASCII, UNICODE, Stream, open_terminal


class Tty(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("file", "environ", "live", "coloured"),
    [
        (Tty(), {}, True, True),
        (Tty(), {"NO_COLOR": "1"}, True, False),
        (Tty(), {"NO_COLOR": ""}, True, True),
        (Tty(), {"TERM": "dumb"}, False, False),
        (io.StringIO(), {}, False, False),
    ],
)
def test_colour_only_where_it_is_wanted(file: io.StringIO, environ: dict[str, str], live: bool, coloured: bool) -> None:
    stream = Stream(file, environ)
    assert (stream.live, stream.coloured) == (live, coloured)
    assert stream.paint("x", "red", "bold") == ("\x1b[31;1mx\x1b[0m" if coloured else "x")
    assert stream.paint("x") == "x"
    assert stream.paint("", "red") == ""


def test_marks_fit_the_encoding() -> None:
    latin = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    assert Stream(latin, {}).marks == ASCII
    assert Stream(io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), {}).marks == UNICODE


def test_json_is_one_object() -> None:
    file = io.StringIO()
    Stream(file, {}).json({"a": [1, None], "b": io})  # what is no JSON is written as text
    assert json.loads(file.getvalue()) == {"a": [1, None], "b": str(io)}


def test_width_of_what_is_no_terminal() -> None:
    assert Stream(io.StringIO(), {}).width == 80


def test_odd_characters_are_escaped_not_refused(capsys: pytest.CaptureFixture[str]) -> None:
    open_terminal().out.line("caf\udce9")
    assert capsys.readouterr().out == "caf\\udce9\n"


def test_a_name_that_is_not_utf8_is_json_all_the_same(screen) -> None:
    screen.terminal.out.json({"path": "in/\udcff", "none": None})
    assert json.loads(screen.out) == {"path": "in/\udcff", "none": None}
