"""Which stage claims which path: no two make the same one, and none makes what it reads.

Asked by ``describe``, once all stages of a pipeline are known. Which stage comes before which is ``graph``'s business.
"""

import os
from collections.abc import Iterable, Iterator

from pivot.errors import DeclarationError
from pivot.gitignore import FILE as IGNORE
from pivot.paths import below, parents
from pivot.pipeline import Stage
from pivot.tracked import SUFFIX
from pivot_fingerprint.named import NamedTuple


class _Claim(NamedTuple):
    stage: Stage
    argument: str
    path: str  # relative to the root, without the slash of a directory

    def __str__(self) -> str:
        file, line = self.stage.registered
        return f"{self.stage.name} ({os.path.basename(file)}:{line})"


def check_claims(stages: Iterable[Stage], root: str) -> None:
    """Raise DeclarationError for a path outside the project, an output of the name of a file that Pivot writes, and for
    two claims that exclude each other."""
    listed = list(stages)
    made: dict[str, _Claim] = {}
    for claim in _claims(listed, root, made=True):
        if claim.path in made:
            raise _conflict(made[claim.path], claim, f"{claim.path} is made twice")
        made[claim.path] = claim
    for claim in made.values():
        if claim.path.endswith(SUFFIX) or os.path.basename(claim.path) == IGNORE:
            raise _error(
                claim,
                f"{claim.path} is an output of {claim.stage.name}, but Pivot itself writes such files",
                "rename it",
            )
        if outer := next((made[one] for one in parents(claim.path) if one in made), None):
            raise _conflict(outer, claim, f"{claim.path} lies inside {outer.path}, which is an output itself")
    own: dict[str, list[_Claim]] = {}
    for claim in made.values():
        own.setdefault(claim.stage.name, []).append(claim)
    for claim in _claims(listed, root, made=False):
        for output in _touching(claim, own.get(claim.stage.name, [])):
            raise _error(claim, f"{claim.path} is an input of {claim.stage.name}, which makes {output.path} itself")


def check_code(stages: Iterable[Stage], root: str, modules: Iterable[str]) -> None:
    """Raise DeclarationError for an output in whose place is what the pipeline is made from: it would be lost.

    ``modules`` are the files, relative to the root, that were imported to make it; with ``params.yaml`` they are that.
    """
    listed = list(stages)
    needed = {os.path.relpath(os.path.join(stage.directory, "params.yaml"), root) for stage in listed} | set(modules)
    above = {parent: one for one in sorted(needed) for parent in (one, *parents(one))}
    for claim in _claims(listed, root, made=True):
        if one := above.get(claim.path):
            what = f"{one} is" if one == claim.path else f"{one} lies in"
            raise _error(claim, f"{what} an output of {claim.stage.name}, but the pipeline itself is made from it")


def _claims(stages: Iterable[Stage], root: str, *, made: bool) -> Iterator[_Claim]:
    for stage in stages:
        for argument, declared in (stage.outs if made else stage.deps).items():
            try:
                path = below(declared.path, root)
            except DeclarationError as error:
                error.stage, error.argument = stage.name, argument or "return"
                error.file, error.line = stage.place(argument or "return")
                raise
            yield _Claim(stage, argument, path.rstrip("/"))


def _touching(claim: _Claim, outputs: Iterable[_Claim]) -> Iterator[_Claim]:
    """Yield the outputs that are, contain or lie in the input."""
    for output in outputs:
        if claim.path == output.path or claim.path in parents(output.path) or output.path in parents(claim.path):
            yield output


def _conflict(first: _Claim, second: _Claim, problem: str) -> DeclarationError:
    who = f"by {first} and {second}" if first.stage is not second.stage else f"by {first}"
    hint = "give one of them another path; register(outs=...) can do it for one stage"
    return _error(second, f"{problem}: {who}", hint)


def _error(claim: _Claim, problem: str, hint: str = "give one of them another path") -> DeclarationError:
    argument = claim.argument or "return"
    file, line = claim.stage.place(argument)
    return DeclarationError(problem, stage=claim.stage.name, argument=argument, file=file, line=line, hint=hint)
