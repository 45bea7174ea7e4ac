import ast
import json

from pivot_cli.example import DATA, FILES, PIPELINE


def test_the_files_are_what_they_say() -> None:
    """That they run is shown in ``commands/test_repro.py``."""
    assert FILES == {"pipeline.py": PIPELINE, "data.json": DATA}
    names = {node.name for node in ast.parse(PIPELINE).body if isinstance(node, ast.FunctionDef)}
    assert {"preprocess", "summarize"} <= names
    assert {record["name"] for record in json.loads(DATA)["records"]} == {"alpha", "beta", "gamma"}
