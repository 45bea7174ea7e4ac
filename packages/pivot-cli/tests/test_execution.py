import pytest

from pivot.execute.executor import Failure
from pivot.repro import Summary
from pivot_cli.execution import exit_code

DECLARED = Failure("declaration", "the key 'x' was returned, but is not declared")
RAISED = Failure("raised", "ValueError: no")


@pytest.mark.parametrize(
    ("failures", "code"),
    [
        ({}, 0),
        ({"a": RAISED}, 1),
        ({"a": DECLARED}, 3),
        ({"a": DECLARED, "b": DECLARED}, 3),
        ({"a": DECLARED, "b": RAISED}, 1),
        ({"a": Failure("died", "killed by SIGKILL")}, 1),
    ],
)
def test_exit_code(failures: dict[str, Failure], code: int) -> None:
    assert exit_code(Summary(dict.fromkeys(failures, "failed"), failures, 0.1)) == code
