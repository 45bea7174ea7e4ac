"""What changed, how Pivot says so, and what a user can say in return: ignore, accept, impact."""

import json
import sys
from pathlib import Path

import pytest

from workbench import Project

FILES = {
    "pipeline.py": """
        from typing import Annotated, Any

        import pivot
        from shop.model import Model
        from shop.report import summary

        JSON = pivot.loaders.JSON


        def train(
            rows: Annotated[list[Any], pivot.Dep("orders.json", JSON())],
        ) -> Annotated[dict[str, Any], pivot.Out("model.json", JSON())]:
            return Model(0.5).fit(rows)


        def report(
            model: Annotated[dict[str, Any], pivot.Dep("model.json", JSON())],
        ) -> Annotated[dict[str, Any], pivot.Metric("report.json")]:
            return summary(model)


        pipeline = pivot.Pipeline("shop")
        pipeline.register(train)
        pipeline.register(report)
        """,
    "shop/__init__.py": "",
    "shop/numbers.py": """
        def normalize(values):
            top = max(values)
            return [value / top for value in values]


        def mean(values):
            return sum(values) / len(values)
        """,
    "shop/model.py": """
        from shop.numbers import normalize
        from shop.progress import show


        class Model:
            def __init__(self, rate):
                self.rate = rate

            def fit(self, rows):
                show(rows)
                return {"values": normalize([row["price"] * self.rate for row in rows])}
        """,
    "shop/progress.py": """
        def show(value):  # pivot: ignore
            print("now", value)
        """,
    "shop/report.py": """
        import os
        from pathlib import Path

        import prices

        from shop import formats
        from shop.numbers import mean


        def summary(model):
            style = getattr(formats, os.environ.get("REPORT_FORMAT", "plain"))
            return {"title": Path("title.txt").read_text(), "text": style(prices.rounded(mean(model["values"])))}
        """,
    "shop/formats.py": """
        def plain(x):
            return f"{x:.2f}"


        def loud(x):
            return f"!!! {x:.2f}"
        """,
    "title.txt": "Orders\n",
    "orders.json": '[{"price": 3}, {"price": 5}]\n',
}


SITE = "../site-packages"


class Shop(Project):
    """Two stages with their helpers in a package; installed: `prices`, which needs `decimals`, and `unrelated`."""

    def __init__(self, path: Path, home: Path) -> None:
        super().__init__(path, home)
        self.environment["PYTHONPATH"] = str(path.parent / "site-packages")
        self.write(FILES)
        self.write({f"{SITE}/prices.py": "def rounded(x): return round(x, 3)\n"})
        self.install("prices", "1.0", requires="decimals>=1")
        self.install("decimals", "1.0")
        self.install("unrelated", "1.0")

    def install(self, name: str, version: str, *, requires: str = "") -> None:
        """Install a release of a distribution instead of any other one."""
        for old in (self.path / SITE).glob(f"{name}-*.dist-info"):
            for file in old.iterdir():
                file.unlink()
            old.rmdir()
        needs = f"Requires-Dist: {requires}\n" if requires else ""
        info = f"{SITE}/{name}-{version}.dist-info"
        self.write(
            {
                f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
                f"{info}/RECORD": f"{name}.py,,\n",
            }
        )

    def states(self, **env: str) -> dict[str, str]:
        """The status of each stage and the first reason for it, as the lines of `pivot status` say."""
        lines = self.run("status", env=env).stdout.splitlines()
        return {line.split()[0]: " ".join(line.split()[1:]) for line in lines}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path / "shop", home=tmp_path / "home")
    made.run("repro")
    return made


def explained(shop: Shop, *options: str) -> list[str]:
    """The explanation of `train`, with digests blotted out."""
    lines = shop.run("status", "--explain", "train", *options).stdout.splitlines()
    return [f"{line[:11]}…" if line.startswith(("      Old: ", "      New: ")) else line for line in lines]


def test_the_way_to_what_changed_and_its_text(shop: Shop) -> None:
    shop.edit("shop/numbers.py", "max(values)", "max(values) + 1")
    assert explained(shop) == [
        "Stage: train",
        "  Status: WILL RUN",
        "  Reason: Code dependency changed",
        "",
        "  Changes:",
        "    func:normalize",
        "      Old: …",
        "      New: …",
        "      File: shop/numbers.py:1",
        "      Path: train → Model.fit → normalize",
    ]
    diff = explained(shop, "--diff")
    assert diff[10:] == [
        "",
        "      --- shop/numbers.py (recorded)",
        "      +++ shop/numbers.py (now)",
        "      @@ -1,3 +1,3 @@",
        "       def normalize(values):",
        "      -    top = max(values)",
        "      +    top = max(values) + 1",
        "           return [value / top for value in values]",
    ]
    (change,) = json.loads(shop.run("status", "train", "--json").stdout)["stages"][0]["reasons"][0]["changes"]
    assert (change["label"], change["file"], change["line"]) == ("func:normalize", "shop/numbers.py", 1)
    assert change["path"] == ["train", "Model.fit", "normalize"]


def test_what_is_ignored_runs_nothing_and_is_listed(shop: Shop) -> None:
    shop.edit("shop/progress.py", '"now"', '"then"')
    assert shop.states() == {"train": "up to date", "report": "up to date"}
    assert explained(shop) == ["Stage: train", "  Status: UP TO DATE"]
    ignored = ["", "  Ignored on request:", "    func:show", "      File: shop/progress.py:1"]
    assert explained(shop, "-v")[2:] == ignored
    assert shop.run("impact", "shop/progress.py:show").stdout == (
        "No stage depends on shop/progress.py:show\nLeft out on request (# pivot: ignore): func:show\n"
    )


def test_what_cannot_be_followed_is_named_and_counted(shop: Shop) -> None:
    shown = shop.run("status", "--explain", "report").stdout
    assert "  Not followed:\n    a computed attribute of shop.formats\n      File: shop/report.py:11\n" in shown
    told = json.loads(shop.run("status", "--json").stdout)
    assert told["summary"]["opaque"] == 1
    assert [one["what"] for one in told["stages"][1]["opaque"]] == ["a computed attribute of shop.formats"]


def test_variables_and_undeclared_files_count(shop: Shop) -> None:
    assert shop.states(REPORT_FORMAT="loud")["report"] == "will run REPORT_FORMAT changed"
    shop.write({"title.txt": "Sales\n"})
    assert shop.states() == {"train": "up to date", "report": "will run title.txt changed"}
    assert shop.run("impact", "title.txt").stdout == "report   would run   undeclared input title.txt\n"


def test_a_file_beside_the_project_counts(shop: Shop) -> None:
    shop.write({"../shared/title.txt": "Orders\n"})
    shop.edit("shop/report.py", '"title.txt"', '"../shared/title.txt"')
    told = "read ../shared/title.txt without declaring it: it is tracked; a copy inside the project could be declared"
    assert told in shop.run("repro").text
    assert '"../shared/title.txt": "' in shop.read(".pivot/stages/report.lock")
    assert shop.states() == {"train": "up to date", "report": "up to date"}
    shop.write({"../shared/title.txt": "Sales\n"})
    assert shop.states() == {"train": "up to date", "report": "will run ../shared/title.txt changed"}
    shop.run("repro")
    assert "Everything is up to date" in shop.run("repro").stdout


def test_the_impact_of_an_edit(shop: Shop) -> None:
    def impact(target: str) -> list[str]:
        return shop.run("impact", target).stdout.splitlines()

    assert impact("shop/numbers.py") == [
        "train    would run   train → Model.fit → normalize",
        "report   would run   report → summary → mean",
    ]
    assert impact("shop/numbers.py:normalize") == [
        "train    would run   train → Model.fit → normalize",
        "report   may run     if what train makes changes",
    ]
    assert impact("shop/model.py:Model.fit")[0] == "train    would run   train → Model.fit"
    assert impact("orders.json")[0] == "train    would run   input orders.json"
    assert "did you mean mean?" in shop.run("impact", "shop/numbers.py:maen", code=2).stderr


def test_an_accepted_edit_does_not_run_and_says_why(shop: Shop) -> None:
    shop.edit("shop/numbers.py", "value / top for value", "(value) / (0 + top) for value")
    assert shop.states()["train"] == "will run func:normalize changed"
    shop.run("accept", "train", code=2)
    shop.run("accept", "train", "--reason", "the same arithmetic")
    assert "up to date" in shop.run("repro").stdout
    assert explained(shop) == [
        "Stage: train",
        "  Status: UP TO DATE",
        "",
        "  Accepted without a run: the same arithmetic",
    ]
    shop.edit("shop/model.py", "show(rows)", "show(rows[0])")
    diff = shop.run("status", "--diff", "train").stdout  # the texts of what was accepted are known, too
    assert "method:Model.fit" in diff and "-        show(rows)\n" in diff.replace("      -", "-")


def test_only_releases_that_the_code_reaches_count(shop: Shop) -> None:
    shop.install("unrelated", "2.0")
    shop.install("decimals", "2.0")  # needed by prices alone: what it does is the affair of prices
    assert shop.states() == {"train": "up to date", "report": "up to date"}
    shop.install("prices", "1.5", requires="decimals>=2")
    assert shop.states() == {"train": "up to date", "report": "will run prices 1.0 → 1.5"}
    shop.run("repro")
    assert '"prices": "1.5"' in shop.read(".pivot/stages/report.lock")
    assert "decimals" not in shop.read(".pivot/stages/report.lock")


PYTHON_3_99 = """
import sys

class Version(tuple):  # libraries that compare it see the true one
    major, minor, micro, releaselevel, serial = 3, 99, 0, "final", 0

    def __getitem__(self, at):
        return (3, 99, 0, "final", 0)[at]

sys.version_info = Version(sys.version_info)
sys.version = "3.99.0 (main)"
"""


def test_another_python_runs_everything(shop: Shop) -> None:
    shop.write({f"{SITE}/sitecustomize.py": PYTHON_3_99})
    change = f"python {sys.version_info.major}.{sys.version_info.minor} → 3.99"
    assert shop.states() == {"train": f"will run {change}", "report": f"will run {change} (+1 more)"}
    shown = shop.run("status", "--explain", "train").stdout
    assert "  Reason: Python version changed\n\n  Changes:\n    package:python\n" in shown
    shop.run("repro")
    assert shop.states() == {"train": "up to date", "report": "up to date"}


def test_a_helper_is_edited_without_importing_the_pipeline(shop: Shop) -> None:
    shop.edit("shop/model.py", "from shop.progress", "print('imported')\nfrom shop.progress")
    assert "imported" in shop.run("status").text
    shop.edit("shop/numbers.py", "top = max(values)", "top = max(values)\n    top += 1")
    edited = shop.run("status")
    assert "func:normalize changed" in edited.stdout and "imported" not in edited.text
    shop.run("repro")
    assert "imported" not in shop.run("status").text
    shop.edit("pipeline.py", "Model(0.5)", "Model(0.25)")
    assert "method:" not in shop.run("status").stdout and "imported" not in shop.run("status").text
    shop.edit("pipeline.py", 'pivot.Dep("orders.json"', 'pivot.Dep("./orders.json"')
    assert "imported" in shop.run("status").text
