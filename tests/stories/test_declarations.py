"""Wrong declarations: one clear error each, with stage, argument, file and line; exit 3, no traceback."""

import json
from typing import Any

import pytest

HEAD = """
import pathlib
from typing import Annotated, TypedDict
import pivot
JSON, PathOnly = pivot.loaders.JSON, pivot.loaders.PathOnly
pipeline = pivot.Pipeline("p")
class Made(TypedDict):
    made: Annotated[dict, pivot.Out("made.json", JSON())]
def make() -> Made:
    return {"made": {}}
"""
CASES = {
    "missing annotation": (
        "def use(value) -> Made: ...\npipeline.register(use)",
        ["use", "value", "pipeline.py:10"],
    ),
    "unknown key in the return": (
        'def use() -> Made:\n    return {"maed": {}}\npipeline.register(use)',
        ["use", "maed", "pipeline.py:10"],
    ),
    "a key of the return without an output": (
        "class Wrong(TypedDict):\n    made: dict\ndef use() -> Wrong: ...\npipeline.register(use)",
        ["use", "made", "pipeline.py:11"],
    ),
    "two stages with one output": (
        'pipeline.register(make)\npipeline.register(make, name="again")',
        ["again", "make", "made.json", "pipeline.py:11"],
    ),
    "a cycle": (
        (
            'def a(x: Annotated[dict, pivot.Dep("b.json", JSON())])'
            ' -> Annotated[dict, pivot.Out("a.json", JSON())]: ...\n'
            'def b(x: Annotated[dict, pivot.Dep("a.json", JSON())])'
            ' -> Annotated[dict, pivot.Out("b.json", JSON())]: ...\n'
            "pipeline.register(a)\npipeline.register(b)"
        ),
        ["cycle", "a", "b", "pipeline.py:1"],
    ),
    "an output outside the project": (
        'def use() -> Annotated[dict, pivot.Out("../up.json", JSON())]: ...\npipeline.register(use)',
        ["use", "../up.json", "pipeline.py:10"],
    ),
    "an output with a name too long for any disk": (
        f'def use() -> Annotated[dict, pivot.Out("{"y" * 256}", JSON())]: ...\npipeline.register(use)',
        ["use", "yyy… is longer than a file system takes", "pipeline.py:10"],
    ),
    "a directory that is a file": (
        (
            'def use(x: Annotated[str, pivot.Dep("bad.json/", pivot.loaders.PathOnly())]) -> Made: ...\n'
            "pipeline.register(use)"
        ),
        ["use", "x", "bad.json/ is a file", "pipeline.py:10"],
    ),
    "a missing input that nothing produces": (
        'def use(x: Annotated[dict, pivot.Dep("nowhere.json", JSON())]) -> Made: ...\npipeline.register(use)',
        ["use", "x", "nowhere.json", "pipeline.py:10"],
    ),
    "not JSON behind loaders.JSON()": (
        'def use(x: Annotated[dict, pivot.Dep("bad.json", JSON())]) -> Made: ...\npipeline.register(use)',
        ["use", "x", "bad.json", "pipeline.py:10"],
    ),
    "a stage named twice": (
        "pipeline.register(make)\npipeline.register(make)",
        ["make", "pipeline.py:11", "pipeline.py:10"],
    ),
    "a dep that the function does not take": (
        'pipeline.register(make, deps={"raw": "bad.json"})',
        ["make", "raw", "pipeline.py:10"],
    ),
    "a lambda without a name": (
        "pipeline.register(lambda: {})",
        ["lambda", "name=", "pipeline.py:10"],
    ),
    "a wrong parameter in params.yaml": (
        "class P(pivot.StageParams):\n    depth: int = 1\ndef use(p: P) -> Made: ...\npipeline.register(use)",
        ["use", "depth", "params.yaml:2"],
    ),
    "an import that fails": ("import nowhere_at_all", ["nowhere_at_all", "pipeline.py:10", "\n    import nowhere"]),
    "a syntax error": ("def broken(:", ["pipeline.py:10", "\n    def broken(:\n               ^"]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_declaration_is_one_clear_error(case: str, project: Any) -> None:
    body, words = CASES[case]
    project.write({"pipeline.py": HEAD.lstrip("\n") + body + "\n", "bad.json": "{not json"})
    if "params.yaml" in str(words):
        project.write({"params.yaml": "use:\n  depth: deep\n"})
    outcome = project.run("repro", code=3)
    for word in words:
        assert word in outcome.stderr, f"{word!r} is not in:\n{outcome}"
    assert "pivot/execute" not in outcome.stderr and "site-packages" not in outcome.stderr, str(outcome)
    assert "Traceback" not in outcome.stderr, str(outcome)
    assert project.exists(".pivot") == (" failed " in outcome.stderr), "made before it is known that something can run"


def test_lambdas_closures_and_partials_are_stages(project: Any) -> None:
    project.write(
        {
            "pipeline.py": """
            import functools
            import pivot
            JSON = pivot.loaders.JSON
            pipeline = pivot.Pipeline("p")
            def scaled(factor):
                def scale(x):
                    return {"value": x["value"] * factor}
                return scale
            def power(x, exponent):
                return {"value": x["value"] ** exponent}
            data, out = {"x": pivot.Dep("data.json", JSON())}, lambda path: pivot.Out(path, JSON())
            pipeline.register(lambda x: {"value": x["value"] + 1}, name="lambda", deps=data, outs=out("l.json"))
            for factor in (2, 3):
                pipeline.register(scaled(factor), name=f"scale@{factor}", deps=data, outs=out(f"s{factor}.json"))
            pipeline.register(functools.partial(power, exponent=2), name="square", deps=data, outs=out("p.json"))
            """,
            "data.json": '{"value": 5}',
        }
    )
    project.run("repro")
    made = [json.loads(project.read(name))["value"] for name in ("l.json", "s2.json", "s3.json", "p.json")]
    assert made == [6, 10, 15, 25]
    assert "up to date" in project.run("repro").stdout
    project.edit("pipeline.py", "(2, 3)", "(2, 4)")
    project.edit("pipeline.py", "exponent=2", "exponent=3")
    outcome = project.run("repro")
    assert "scale@4" in outcome.stdout and "square" in outcome.stdout and "scale@2" not in outcome.stdout
    assert "lambda" not in outcome.stdout
