"""Whether anything can read the annotations of a definition."""

import textwrap
from pathlib import Path

import pytest

from pivot_fingerprint.memo import PlainMemo
from pivot_fingerprint.modules import Finder
from pivot_fingerprint.resolve import Resolver
from pivot_fingerprint.sources import Source, Sources
from pivot_fingerprint.visibility import Visibility


def is_noted(root: Path, text: str, name: str) -> bool:
    (root / "seen.py").write_text(textwrap.dedent(text))
    sources = Sources(Finder([str(root)], None), PlainMemo())
    module = sources.module("seen")
    assert isinstance(module, Source)
    [at] = [at for at, one in enumerate(module.facts.definitions) if one.name == name]
    return Visibility(Resolver(sources)).is_noted(module.first + at)


@pytest.mark.parametrize(
    ("decorator", "expected"),
    [("", False), ("@functools.cache", False), ("@functools.singledispatch", False), ("@checking.typed", True)],
)
def test_functions(tmp_path: Path, decorator: str, expected: bool) -> None:
    text = f"import functools, checking\n{decorator}\ndef run(a: int): return a\n"
    assert is_noted(tmp_path, text, "run") is expected


def test_nothing_to_read(tmp_path: Path) -> None:
    assert not is_noted(tmp_path, "import checking\n@checking.typed\ndef run(a): return a\n", "run")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("class Row:", False),
        ("class Row(Plain):", False),
        ("class Row(ValueError):", False),
        ("class Row(Derived):", True),
        ("class Row(pydantic.BaseModel):", True),
        ("class Row(NamedTuple):", True),
        ("@dataclass\nclass Row:", True),
        ("class Row(metaclass=Meta):", True),
    ],
)
def test_classes(tmp_path: Path, header: str, expected: bool) -> None:
    text = (
        "import pydantic\nfrom dataclasses import dataclass\nfrom typing import NamedTuple\n"
        "class Meta(type): ...\nclass Plain: ...\nclass Derived(pydantic.BaseModel): ...\n"
        f"{header}\n    size: int = 1\n"
    )
    assert is_noted(tmp_path, text, "Row") is expected
