"""The border values are plain data, and the executor of this machine has the shape of the protocol."""

import json
from pathlib import Path

from pivot.execute.executor import Executor, Failure, WorkOrder
from pivot.execute.local import LocalExecutor


def test_an_order_is_json_data() -> None:
    order = WorkOrder("s", "/p", "/p/pipeline.py", (("a", "d"),), ("b/",), {"rate": 1.5}, "/p/log", 3.0)
    fields = json.loads(json.dumps(order))
    inputs = tuple(tuple(one) for one in fields[3])
    assert WorkOrder(*fields)._replace(inputs=inputs, outputs=tuple(fields[4])) == order


def test_a_failure_is_json_data() -> None:
    failure = Failure("raised", "ValueError: no", None, "a.py", 3, None, "Traceback")
    assert Failure(*json.loads(json.dumps(failure))) == failure


def test_the_local_executor_is_an_executor(tmp_path: Path) -> None:
    executor: Executor = LocalExecutor(pipeline=str(tmp_path / "pipeline.py"), root=str(tmp_path), jobs=3)
    assert executor.slots == 3
    for name in ("start", "submit", "events", "cancel", "close"):
        assert callable(getattr(executor, name))
    executor.close()
