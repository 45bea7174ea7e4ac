"""JSON-RPC 2.0: from the bytes of a request to those of its answer. Pure; what a method does is the caller's business.

A message is one JSON value: a request, or an array of them. A request without ``id`` gets no answer.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from pivot.errors import PivotError
from pivot_cache.errors import CacheError

PARSE_ERROR, INVALID_REQUEST, UNKNOWN_METHOD, INVALID_PARAMS, FAILED, BUG = (
    -32700,
    -32600,
    -32601,
    -32602,
    -32000,
    -32603,
)

type Methods = Mapping[str, Callable[..., Any]]


class Wrong(Exception):
    """A request that cannot be answered with a result."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.error = {"code": code, "message": message} | ({} if data is None else {"data": data})


def answer(data: bytes, methods: Methods) -> bytes | None:
    """Return the answer to a message, None if it needs none."""
    try:
        message = orjson.loads(data)
    except ValueError as error:
        return _pack(_error(None, Wrong(PARSE_ERROR, f"not JSON: {error}")))
    if not isinstance(message, list):
        found = _answer_one(message, methods)
        return None if found is None else _pack(found)
    if not message:
        return _pack(_error(None, Wrong(INVALID_REQUEST, "an empty array holds no request")))
    answers = [found for one in message if (found := _answer_one(one, methods)) is not None]
    return _pack(answers) if answers else None


def notification(method: str, params: Any) -> bytes:
    """Return a message that expects no answer."""
    return _pack({"jsonrpc": "2.0", "method": method, "params": params})


def _answer_one(request: Any, methods: Methods) -> dict[str, Any] | None:
    known = isinstance(request, dict)
    number = request.get("id") if known else None
    try:
        if not known or request.get("jsonrpc") != "2.0" or not isinstance(request.get("method"), str):
            raise Wrong(INVALID_REQUEST, 'a request is an object with "jsonrpc": "2.0" and "method"')
        result = _call(request["method"], request.get("params", {}), methods)
    except Wrong as wrong:
        return _error(number, wrong) if not known or "id" in request or wrong.error["code"] == INVALID_REQUEST else None
    return {"jsonrpc": "2.0", "id": number, "result": result} if "id" in request else None


def _call(name: str, params: Any, methods: Methods) -> Any:
    method = methods.get(name)
    if method is None:
        raise Wrong(UNKNOWN_METHOD, f"there is no method {name!r}; there are: {', '.join(methods)}")
    if not isinstance(params, dict | list):
        raise Wrong(INVALID_PARAMS, "params are an object or an array")
    positional, named = ((), params) if isinstance(params, dict) else (params, {})
    try:
        inspect.signature(method).bind(*positional, **named)
    except TypeError as error:
        raise Wrong(INVALID_PARAMS, f"{name}: {error}") from None
    try:
        return method(*positional, **named)
    except Wrong:
        raise
    except PivotError as error:
        raise Wrong(FAILED, error.problem, {"kind": type(error).__name__, **error.fields()}) from error
    except CacheError as error:
        raise Wrong(FAILED, str(error), {"kind": type(error).__name__}) from error
    except Exception as error:
        raise Wrong(BUG, f"a bug in Pivot: {type(error).__name__}: {error}") from error


def _error(number: Any, wrong: Wrong) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "error": wrong.error}


def _pack(value: Any) -> bytes:
    return orjson.dumps(value, default=str)
