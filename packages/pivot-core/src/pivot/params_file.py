"""``params.yaml``: values for the parameters of stages, under the stages' names, with the line of each.

Imports PyYAML. What the values mean is the business of ``params``.
"""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from pivot.bounded import Unreadable, read_bounded
from pivot.errors import DeclarationError
from pivot_fingerprint.named import NamedTuple

NAME = "params.yaml"
SIZE_LIMIT = 1 << 20  # bytes of the file
DEPTH_LIMIT = 64
VALUES_LIMIT = 100_000  # aliases count as often as they stand there: a few lines of them can mean billions of values


class ParamsFile(NamedTuple):
    """The file as read: ``values`` by stage name; ``lines`` by the keys that lead to a value, 1-based."""

    path: str
    values: Mapping[str, Mapping[str, Any]]
    lines: Mapping[tuple[str | int, ...], int]

    def line(self, keys: tuple[str | int, ...]) -> int:
        """Return the line of a value, or of the nearest thing around it."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return self.lines.get(keys, 1)


def read_params_file(path: str) -> ParamsFile | None:
    """Return what the file says; None if there is none. Raises DeclarationError with the line of what is wrong."""
    try:
        data = read_bounded(path, SIZE_LIMIT, follow=True)
    except Unreadable as error:
        raise DeclarationError(f"{NAME} cannot be read: {error}", file=path) from None
    if data is None:
        return None
    lines: dict[tuple[str | int, ...], int] = {}
    try:
        loader = _Loader(data.decode())
        node = loader.get_single_node()
        if node is None:
            return ParamsFile(path, {}, lines)
        _note_lines(node, (), lines, path)
        values = loader.construct_document(node)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DeclarationError(f"{NAME} is not UTF-8 text", file=path, line=line) from None
    except yaml.YAMLError as error:
        raise _not_yaml(error, path) from None
    except RecursionError:
        raise _too_deep(path, 1) from None
    except (ValueError, LookupError, AttributeError, TypeError) as error:  # a date without digits, an endless number
        raise DeclarationError(f"{NAME} has a value that is none of its type: {error}", file=path) from None
    found = ParamsFile(path, values, lines)
    _check_shape(found)
    return found


class _Loader(yaml.SafeLoader):
    """YAML with the numbers of JSON: ``1e-3`` is one, which YAML 1.1 takes for text."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+\Z"), list("-+0123456789")
)


def _note_lines(
    node: yaml.Node, keys: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int], path: str
) -> None:
    lines.setdefault(keys, node.start_mark.line + 1)
    if len(keys) > DEPTH_LIMIT:
        raise _too_deep(path, lines[keys])
    if len(lines) > VALUES_LIMIT:
        raise DeclarationError(f"{NAME} has more than {VALUES_LIMIT:,} values", file=path, line=lines[keys])
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            line = key.start_mark.line + 1
            if (*keys, name) in lines and key.tag != "tag:yaml.org,2002:merge":
                problem = (
                    f"{'.'.join(map(str, (*keys, name)))} is given twice, in lines {lines[*keys, name]} and {line}"
                )
                raise DeclarationError(problem, file=path, line=line)
            lines[*keys, name] = line
            _note_lines(value, (*keys, name), lines, path)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note_lines(value, (*keys, index), lines, path)


def _too_deep(path: str, line: int) -> DeclarationError:
    return DeclarationError(f"{NAME} is nested more than {DEPTH_LIMIT} deep", file=path, line=line)


def _check_shape(found: ParamsFile) -> None:
    hint = "write the name of a stage, and below it, indented, its parameters"
    if not isinstance(found.values, dict):
        raise DeclarationError(f"{NAME} does not begin with the name of a stage", file=found.path, line=1, hint=hint)
    for name, values in found.values.items():
        line = found.line((str(name),))
        if not isinstance(name, str):
            raise DeclarationError(
                f"{name!r} is not the name of a stage", file=found.path, line=line, hint="put it in quotes"
            )
        if values is None:
            found.values[name] = {}
        elif not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
            problem = "the parameters of a stage must be names with values"
            raise DeclarationError(problem, stage=name, file=found.path, line=line, hint=hint)


def _not_yaml(error: yaml.YAMLError, path: str) -> DeclarationError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
    return DeclarationError(f"{NAME} is not YAML: {problem}", file=path, line=mark.line + 1 if mark else 1)
