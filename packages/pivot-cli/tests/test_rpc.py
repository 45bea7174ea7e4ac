"""Requests and answers, as the specification of JSON-RPC 2.0 has them."""

import json
from typing import Any

import pytest

from pivot.errors import UsageError
from pivot_cache.errors import ObjectMissing
from pivot_cli.rpc import Wrong, answer, notification


def subtract(minuend: int, subtrahend: int = 0) -> int:
    return minuend - subtrahend


def fail(how: str) -> None:
    match how:
        case "pivot":
            raise UsageError("there is no stage 'x'", hint="did you mean y?")
        case "cache":
            raise ObjectMissing("a" * 64)
        case "params":
            raise Wrong(-32602, "stages are an array")
    raise ZeroDivisionError("oops")


def ask(message: Any) -> Any:
    data = message if isinstance(message, bytes) else json.dumps(message).encode()
    found = answer(data, {"subtract": subtract, "fail": fail})
    return None if found is None else json.loads(found)


def request(method: str, params: Any = None, number: Any = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method} | ({} if params is None else {"params": params})


def test_params_by_name_or_place() -> None:
    expected = {"jsonrpc": "2.0", "id": 1, "result": 19}
    assert ask(request("subtract", [42, 23])) == expected
    assert ask(request("subtract", {"subtrahend": 23, "minuend": 42})) == expected
    assert ask(request("subtract", [19], "one")) == {**expected, "id": "one"}


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b'{"jsonrpc": "2.0", "method": "subtr', -32700),
        ({"jsonrpc": "2.0", "method": 1, "params": "bar"}, -32600),
        ({"jsonrpc": "1.0", "id": 1, "method": "subtract"}, -32600),
        (1, -32600),
        ([], -32600),
        (request("multiply"), -32601),
        (request("subtract"), -32602),
        (request("subtract", {"other": 1}), -32602),
        (request("subtract", "42"), -32602),
        (request("fail", ["params"]), -32602),
        (request("fail", ["pivot"]), -32000),
        (request("fail", ["cache"]), -32000),
        (request("fail", ["bug"]), -32603),
    ],
)
def test_errors(message: Any, code: int) -> None:
    assert ask(message)["error"]["code"] == code


def test_an_error_of_pivot_has_its_fields() -> None:
    error = ask(request("fail", ["pivot"], 7))
    assert error["id"] == 7 and error["error"]["message"] == "there is no stage 'x'"
    assert error["error"]["data"]["hint"] == "did you mean y?" and error["error"]["data"]["kind"] == "UsageError"


def test_who_wants_no_answer_gets_none() -> None:
    for method in ("subtract", "multiply", "fail"):
        assert ask({"jsonrpc": "2.0", "method": method}) is None


def test_several_at_once() -> None:
    answers = ask([request("subtract", [3, 1]), {"jsonrpc": "2.0", "method": "subtract"}, 1])
    assert answers[0]["result"] == 2 and answers[1]["error"]["code"] == -32600 and len(answers) == 2
    assert ask([{"jsonrpc": "2.0", "method": "subtract"}]) is None


def test_a_notification() -> None:
    assert json.loads(notification("event", {"event": "idle"})) == {
        "jsonrpc": "2.0",
        "method": "event",
        "params": {"event": "idle"},
    }
