"""The list of reasons is the documentation, in the same order."""

import typing
from pathlib import Path

from pivot.reasons import Reason

TITLES = {
    "NeverRun": "Never run",
    "Forced": "Forced",
    "SchemeChanged": "Fingerprint scheme changed",
    "CodeChanged": "Code dependency changed",
    "PackageChanged": "Package changed",
    "ParameterChanged": "Parameter changed",
    "InputChanged": "Input changed",
    "EnvironmentChanged": "Environment variable changed",
    "DeclarationChanged": "Output declaration changed",
    "OutputMissing": "Output missing",
    "OutputEdited": "Output edited",
    "UpstreamRuns": "Upstream will run",
}


def test_the_documented_order_is_the_order_of_the_code() -> None:
    page = (Path(__file__).parents[3] / "docs/concepts.md").read_text()
    places = [page.index(f"| {title} |") for title in TITLES.values()]
    assert places == sorted(places)
    assert [kind.__name__ for kind in typing.get_args(Reason.__value__)] == list(TITLES)


def test_every_reason_is_explained() -> None:
    for kind in typing.get_args(Reason.__value__):
        assert kind.__doc__ and "Alias for field" not in kind.__doc__.splitlines()[0]
