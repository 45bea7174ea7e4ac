"""What was found out before, so that it need not be found out again: a sqlite file that is safe to delete at any time.

Callers keep named spaces of bytes in it; a scan keeps what it knows of files and directories. Nothing here is ever
the truth: a value that is damaged reads as absent, a file that is damaged or of another format is made anew, and
where nothing can be written, memory does. So no flush is needed (``synchronous`` is off): each value carries a check
of its own.
"""

import os
import sqlite3
import zlib
from contextlib import suppress
from typing import Final, Self

FORMAT: Final = 1
SIZE_LIMIT: Final = 1 << 30
"""The file is made anew once it is larger than this, in bytes: old facts are never asked for, and never removed."""
_BUSY_SECONDS: Final = 2.0
_MAKE: Final = f"""
begin exclusive;
create table if not exists fact (space text not null, key blob not null, value blob not null, primary key (space, key));
pragma user_version = {FORMAT};
commit;
"""


class State:
    """Spaces of ``key -> bytes``. Writes wait in memory until ``flush`` or ``close``.

    Any number of processes may use one file; the last writer of a key wins. Reading never writes, and never creates
    the file. No method raises for anything that the disk or the file does.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._waiting: dict[tuple[str, bytes], bytes] = {}
        self._connection: sqlite3.Connection | None = None
        self._opened = False

    def get(self, space: str, key: str | bytes) -> bytes | None:
        """Return what was put there, None if nothing was or it is damaged."""
        encoded = encode_key(key)
        waiting = self._waiting.get((space, encoded))
        if waiting is not None:
            return waiting
        if not self._opened:
            self._open()
        if self._connection is None:
            return None
        try:
            row = self._connection.execute(
                "select value from fact where space = ? and key = ?", (space, encoded)
            ).fetchone()
        except sqlite3.Error as error:
            self._fail(error)
            return None
        return None if row is None else unseal(space, encoded, row[0])

    def get_all(self, space: str) -> dict[bytes, bytes]:
        """Return the sealed values of a whole space, which one query reads much faster than many: see ``unseal``."""
        if not self._opened:
            self._open()
        found: dict[bytes, bytes] = {}
        if self._connection is not None:
            try:
                rows = self._connection.execute("select key, value from fact where space = ?", (space,)).fetchall()
                found = dict(rows)
            except sqlite3.Error as error:
                self._fail(error)
        for (waiting_space, key), value in self._waiting.items():
            if waiting_space == space:
                found[key] = seal(space, key, value)
        return found

    def put(self, space: str, key: str | bytes, value: bytes) -> None:
        """Remember the value; it is seen by ``get`` at once, and by other processes after ``flush``."""
        self._waiting[space, encode_key(key)] = value

    def flush(self) -> None:
        """Write what waits, in one transaction. If that cannot be done now, it goes on waiting."""
        if not self._waiting:
            return
        if self._connection is None or self._too_large():
            self._make()
        connection = self._connection
        if connection is None:
            return
        waiting, self._waiting = self._waiting, {}  # another thread may go on putting
        rows = [(space, key, seal(space, key, value)) for (space, key), value in waiting.items()]
        try:
            connection.execute("begin immediate")
            try:
                connection.executemany("replace into fact values (?, ?, ?)", rows)
                connection.execute("commit")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("rollback")
                raise
        except sqlite3.Error as error:
            self._waiting = waiting | self._waiting
            self._fail(error)

    def close(self) -> None:
        """Flush and let go of the file. A later ``get`` opens it again."""
        self.flush()
        self._disconnect()
        self._opened = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self._disconnect()

    def _open(self) -> None:
        """Connect to a file that is there and ours; leave the connection None otherwise."""
        self._opened = True
        if not os.path.isfile(self.path):
            return
        try:
            self._connection = self._connect()
            if self._connection.execute("pragma user_version").fetchone()[0] != FORMAT:
                self._disconnect()
        except sqlite3.Error as error:
            self._fail(error)

    def _make(self) -> None:
        """Connect to a file that is ours, made anew if it has to be; no connection if that is impossible."""
        self._disconnect()
        self._opened = True
        for _ in range(2):
            try:
                connection = self._connection = self._connect()
                version = connection.execute("pragma user_version").fetchone()[0]
                if version == FORMAT and not self._too_large():
                    return
                if version == 0:
                    connection.executescript(_MAKE)
                    return
            except sqlite3.Error as error:
                self._fail(error)
                if not _is_damage(error):
                    return
            self._disconnect()
            self._remove()
        self._disconnect()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=16
        )
        try:
            connection.execute("pragma synchronous = off")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _fail(self, error: sqlite3.Error) -> None:
        """Let go of a file that cannot be used; one that is damaged is removed, so that the next flush makes it anew.

        A file that stays locked is let go as well: a process that was stopped while it wrote must not slow each
        question.
        """
        self._disconnect()
        if _is_damage(error):
            self._remove()

    def _remove(self) -> None:
        for path in (self.path, self.path + "-journal", self.path + "-wal", self.path + "-shm"):
            with suppress(OSError):
                os.unlink(path)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def _too_large(self) -> bool:
        try:
            return os.stat(self.path).st_size > SIZE_LIMIT
        except OSError:
            return False


def _is_damage(error: sqlite3.Error) -> bool:
    """Say whether the file itself is wrong, rather than the disk or its permissions."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH)


def encode_key(key: str | bytes) -> bytes:
    """Return a key as bytes; any text has one, file names of odd bytes included."""
    return key if isinstance(key, bytes) else key.encode("utf-8", "surrogatepass")


def seal(space: str, key: bytes, value: bytes) -> bytes:
    """Return the value as it is written: with a check of where it belongs, against pages that a power cut mixed up."""
    return value + _check(space, key, value)


def unseal(space: str, key: bytes, sealed: object) -> bytes | None:
    """Return the value, None if the check says that it is damaged or not the value of this key."""
    if type(sealed) is not bytes or len(sealed) < 4:
        return None
    value = sealed[:-4]
    return value if sealed[-4:] == _check(space, key, value) else None


def _check(space: str, key: bytes, value: bytes) -> bytes:
    start = _CHECKS.get(space)
    if start is None:
        start = _CHECKS[space] = zlib.crc32(space.encode())
    return zlib.crc32(value, zlib.crc32(key, start)).to_bytes(4, "big")


_CHECKS: Final[dict[str, int]] = {}
