"""What a remote keeps and nothing needs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pivot.collect_afar import Afar, Unneeded, collect_afar
from pivot_cache import Content, LocalStore, ObjectId, hash_bytes

DAY = 86_400
NOW = 100 * DAY


class Item(NamedTuple):
    name: str
    size: int
    written: float


class Remote:
    """Objects and records of runs in memory, with their ages in days; ``read`` lists the objects that were opened."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[bytes, float]] = {}
        self.read: list[str] = []

    def put(self, data: bytes, age: float) -> ObjectId:
        oid = hash_bytes(data)
        self.files[f"objects/{oid[:2]}/{oid[2:]}"] = (data, NOW - age * DAY)
        return oid

    def items(self, folder: str) -> Iterator[Item]:
        for name, (data, written) in self.files.items():
            if name.startswith(folder):
                yield Item(name, len(data), written)

    def listing(self, oid: ObjectId, head: bytes) -> bytes | None:
        self.read.append(oid)
        data = self.files[f"objects/{oid[:2]}/{oid[2:]}"][0]
        return data if data.startswith(head) else None


@pytest.fixture
def remote() -> Remote:
    return Remote()


def found(bench: Any, remote: Remote) -> Unneeded:
    afar = Afar(remote.items, lambda name: remote.files[name][0], remote.listing)
    with bench.open() as workspace:
        return collect_afar(workspace, afar, lambda: NOW)


def test_what_is_old_and_named_by_nothing_goes(bench: Any, remote: Remote) -> None:
    old, young = remote.put(b"old", 20), remote.put(b"young", 3)
    remote.files["objects/notes.txt"] = (b"mine", 0)
    plan, files = found(bench, remote)
    assert plan.objects == (old,) and files == (f"objects/{old[:2]}/{old[2:]}",)
    assert [(stay.why, stay.objects) for stay in plan.stays] == [("young", 1)] and young not in plan.objects


def test_what_records_name_stays_with_all_below(bench: Any, remote: Remote, tmp_path: Path) -> None:
    for name in ("top", "below/deep"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    store = LocalStore(tmp_path / "far")
    content = store.save(tmp_path / "data")
    for oid in store.ids():
        remote.put(store.read(oid), 20)
    assert len(found(bench, remote).plan.objects) == 4
    track(bench, content)
    assert found(bench, remote).files == ()


def track(bench: Any, content: Content) -> None:
    (bench.root / "data.pvt").write_text(content.digest)  # whatever the record says, it names this


@pytest.mark.parametrize(("age", "gone"), [(20, 2), (3, 0)])
def test_a_record_of_a_run_goes_with_its_result(bench: Any, remote: Remote, age: float, gone: int) -> None:
    oid = remote.put(b"result", 20)
    body = b'pivot-run 1 hmac-sha256 00\n{"outputs": {"out": {"digest": "%s"}}}' % oid.encode()
    remote.files["runs/ab/cd.1"] = (body, NOW - age * DAY)
    remote.files["runs/ab/cd.2"] = (b"garbage", NOW - 20 * DAY)
    plan, files = found(bench, remote)
    assert len(files) == gone and plan.traces == gone // 2
    assert not files or files[0] == "runs/ab/cd.1"  # what names a result goes before it
