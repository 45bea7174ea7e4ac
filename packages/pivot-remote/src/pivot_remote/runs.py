"""The records of runs at a remote: "these inputs gave these outputs", each with a signature.

An object proves itself by its name; such a record proves nothing, and whoever may write to a bucket could claim that a
result was made from what it was not made from. So one counts only with a signature (HMAC-SHA256) made with a key that
the caller has from a safe place; whatever else is there is left alone, and counted. What a record says is its user's
business.

A record is kept as ``runs/ab/cdef….TAG``, the key of the run and the beginning of the signature, and never rewritten.
Its first line is ``pivot-run 1 hmac-sha256`` and the signature of key and rest.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from pivot_cache import ObjectId, is_object_id
from pivot_remote.crew import Crew
from pivot_remote.files import FILE_LIMIT, RemoteFiles
from pivot_remote.report import JOBS

FOLDER: Final = "runs"
_HEAD: Final = b"pivot-run 1 hmac-sha256 "
_TAG: Final = 16
_EACH: Final = 64  # records that are read of one run: who may write could make any number


class Found(NamedTuple):
    """The good records of each run that has some, and how many were left alone, not being signed with this key."""

    records: Mapping[ObjectId, tuple[bytes, ...]]
    ignored: int


class RunIndex:
    """The signed records at a remote. With no ``secret`` all that is found is ignored, and nothing is sent."""

    def __init__(self, files: RemoteFiles, secret: str | None, jobs: int = JOBS) -> None:
        self._files = files
        self._secret = secret.encode() if secret else None
        self._jobs = jobs

    def find(self, keys: Iterable[ObjectId]) -> Found:
        """Return what is recorded of these runs. Raises ``RemoteError``."""
        names: dict[str, ObjectId] = {}
        seen: dict[ObjectId, int] = {}
        ignored = 0
        for name in self._files.beginning(sorted(_stem(key) for key in keys)):
            key, tag = _parse(name)
            if key is None or not tag or self._secret is None or seen.get(key, 0) >= _EACH:
                ignored += 1
                continue
            seen[key] = seen.get(key, 0) + 1
            names[name] = key
        read: dict[str, bytes | None] = {}
        Crew(self._jobs).work(names, lambda name: read.__setitem__(name, self._files.read(name)))
        good: dict[ObjectId, list[bytes]] = {}
        for name, key in names.items():
            data = self._verify(key, read[name])
            if data is None:
                ignored += 1
            else:
                good.setdefault(key, []).append(data)
        return Found({key: tuple(records) for key, records in good.items()}, ignored)

    def send(self, records: Iterable[tuple[ObjectId, bytes]]) -> int:
        """Sign and keep records that are not there yet; return how many that were. Raises ``RemoteError``."""
        if self._secret is None:
            return 0
        signed: dict[str, bytes] = {}
        for key, data in records:
            signature = self._sign(key, data)
            if len(data) <= FILE_LIMIT - len(_HEAD) - len(signature) - 1:
                signed[f"{_stem(key)}.{signature[:_TAG]}"] = _HEAD + signature.encode() + b"\n" + data
        there = set(self._files.beginning(sorted({name.partition(".")[0] for name in signed})))
        lacking = sorted(signed.keys() - there)
        Crew(self._jobs).work(lacking, lambda name: self._files.write(name, signed[name]))
        return len(lacking)

    def _sign(self, key: ObjectId, data: bytes) -> str:
        import hmac  # lazy: most remotes have no records, or nobody has a key

        assert self._secret is not None
        return hmac.digest(self._secret, b"pivot run 1\0" + key.encode() + b"\0" + data, "sha256").hex()

    def _verify(self, key: ObjectId, written: bytes | None) -> bytes | None:
        from hmac import compare_digest  # lazy, as below

        head, _, data = (written or b"").partition(b"\n")
        good = head.startswith(_HEAD) and compare_digest(head[len(_HEAD) :], self._sign(key, data).encode())
        return data if good else None


def _stem(key: ObjectId) -> str:
    return f"{FOLDER}/{key[:2]}/{key[2:]}"


def _parse(name: str) -> tuple[ObjectId | None, str]:
    """Return the run that a file is about, and its tag; None for a file of another kind."""
    stem, _, tag = name.removeprefix(f"{FOLDER}/").partition(".")
    key = stem.replace("/", "", 1)
    return (ObjectId(key) if is_object_id(key) else None), tag
