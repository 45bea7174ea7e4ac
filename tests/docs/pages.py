"""Reads the fenced blocks of a documentation page, in order, as steps that can be executed.

A block with a title is a file, a ``console`` block is commands with what they print, a ``python`` block without a
title is a program. Any other block is only shown.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FENCE = re.compile(r'^```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<body>.*?)^```$', re.MULTILINE | re.DOTALL)
VARIABLE = (
    (re.compile(r"\b[0-9a-f]{8,64}\b"), "<digest>"),
    (re.compile(r"\b\d+(\.\d+)? ?(ms|s|min)\b"), "<time>"),
    (re.compile(r"/tmp/\S+"), "<path>"),
    (re.compile(r" +"), " "),
)


class File(NamedTuple):
    """A file that the page tells the reader to write."""

    name: str
    text: str


class Command(NamedTuple):
    """A command that the page tells the reader to type, and what it prints."""

    line: str
    output: str


class Program(NamedTuple):
    """A piece of Python that the page shows."""

    text: str


def steps(page: Path) -> Iterator[File | Command | Program]:
    """Yield what a reader would do, in order."""
    for fence in FENCE.finditer(page.read_text()):
        body = fence["body"]
        if fence["title"]:
            yield File(fence["title"], body)
        elif fence["language"] == "console":
            for block in re.split(r"^(?=\$ )", body, flags=re.MULTILINE)[1:]:
                line, _, output = block.partition("\n")
                yield Command(line.removeprefix("$ "), output)
        elif fence["language"] == "python":
            yield Program(body)


def plain(text: str) -> str:
    """Return output without what differs from run to run: digests, times, temporary paths, the width of columns."""
    for pattern, word in VARIABLE:
        text = pattern.sub(word, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
