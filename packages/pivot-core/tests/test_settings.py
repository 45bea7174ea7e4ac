"""Loaders as data: the same in every process, other for every other setting."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import orjson
import pytest

from pivot.loaders import CSV, JSON, PathOnly
from pivot.settings import Described, describe_loader
from pivot_fingerprint import Entry


class Mine:
    def __init__(self, *settings: Any) -> None:
        self.settings = list(settings)
        self._hidden = 1

    def load(self, path: Path) -> Any: ...


class Slotted:
    __slots__ = ("limit", "unset")

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def load(self, path: Path) -> Any: ...


def helper(text: str) -> str:
    return text


def describe(loader: object) -> Described:
    return describe_loader(loader, (str(Path(__file__).parent),))


def settings(*values: Any) -> Any:
    return orjson.loads(describe(Mine(*values)).spec.settings)["settings"]


def test_a_loader_of_pivots_own_has_no_entries() -> None:
    assert describe(PathOnly()) == ((f"{PathOnly.__module__}:PathOnly", "{}", ()), (), ())
    assert describe(JSON(indent=None)).spec.settings == '{"indent":null,"sort_keys":false}'


def test_a_loader_of_the_projects_own_is_followed_from_its_class() -> None:
    spec = describe(Mine(1)).spec
    assert spec.type == f"{__name__}:Mine"
    assert spec.settings == '{"_hidden":1,"settings":[1]}'
    assert spec.entries == (Entry(__name__, "Mine", Mine.__firstlineno__),)  # Python 3.13


def test_slots_are_settings_too() -> None:
    assert describe(Slotted(3)).spec.settings == '{"limit":3}'


def test_functions_and_classes_among_the_settings_are_followed() -> None:
    entries = describe(CSV(read={"converters": {"name": helper}})).spec.entries
    assert entries == (Entry(__name__, "helper", helper.__code__.co_firstlineno),)
    assert Entry(__name__, "Slotted", Slotted.__firstlineno__) in describe(Mine(Slotted)).spec.entries


def test_plain_values_are_shown_as_they_are() -> None:
    plain = [None, True, 1, 0.5, "ä", [1, ["x"]], {"b": 1, "a": {"c": None}}]
    assert settings(*plain) == plain


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        (2**60, 2**60 + 1),
        (float("nan"), None),
        (float("inf"), float("-inf")),
        ((1, 2), [1, 2]),
        ({1: "a"}, {"1": "a"}),
        (b"x", "x"),
        (Path("x"), "x"),
        ({1, 2}, {1, 3}),
        (int, str),
        (helper, len),
        (lambda: 1, lambda: 2),
        (Slotted(1), Slotted(2)),
        (threading.Thread, threading.Lock),
    ],
)
def test_other_settings_have_another_text(one: Any, other: Any) -> None:
    assert describe(Mine(one)).spec.settings != describe(Mine(other)).spec.settings
    assert describe(Mine(one)) == describe(Mine(one))


def test_the_order_of_keys_and_the_place_of_the_project_do_not_count() -> None:
    assert describe(CSV(read={"a": 1, "b": 2})).spec == describe(CSV(read={"b": 2, "a": 1})).spec
    here = describe_loader(Mine("/one/data/x.csv"), ("/one",)).spec.settings
    there = describe_loader(Mine("/two/data/x.csv"), ("/two",)).spec.settings
    elsewhere = describe_loader(Mine("/two/data/x.csv"), ("/one",)).spec.settings
    assert here == there != elsewhere


def test_what_cannot_be_read_counts_by_its_type_and_is_named() -> None:
    described = describe(Mine(threading.Lock()))
    assert described.unreadable == ("_thread.lock",)
    assert described.spec == describe(Mine(threading.Lock())).spec


def test_third_party_functions_name_their_package() -> None:
    assert describe(Mine(orjson.dumps)).packages == ("orjson",)


def test_settings_are_the_same_in_every_process() -> None:
    code = (
        "from pivot.loaders import CSV\n"
        "from pivot.settings import describe_loader\n"
        "loader = CSV(read={'usecols': {'b', 'a', 'c'}, 'dtype': {'n': int}, 'na_values': ('x', b'y')})\n"
        "print(describe_loader(loader, ()).spec.settings)\n"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(texts) == 1


def test_our_loaders_depend_on_the_libraries_that_they_use() -> None:
    assert describe(CSV()).packages == ("pandas",)
    assert describe(JSON()).packages == ()

    class Tabs(CSV):
        """A user's own."""

    assert describe(Tabs()).packages == ("pandas",)
