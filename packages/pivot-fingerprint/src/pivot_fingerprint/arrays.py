"""Digests of numpy arrays, scalars and types by their content; numpy itself is never imported for it."""

from collections.abc import Callable
from typing import Any

import blake3

from pivot_fingerprint.preimage import hash_pieces, text_piece


def array_digest(value: Any, digest: Callable[[object], bytes]) -> bytes | None:
    """The digest of a numpy array, scalar or dtype, whatever its layout in memory; None for anything else.

    ``digest`` gives the digests of objects in arrays of objects. Subclasses of arrays are left to their own pickling.
    """
    kind = type(value)
    names = {base.__name__ for base in kind.__mro__ if base.__module__ == "numpy"}
    if not names:
        return None
    if kind.__module__ == "numpy" and kind.__name__ in ("ndarray", "memmap"):
        shape = ",".join(map(str, value.shape)).encode()
        return hash_pieces("array", _dtype(value.dtype), shape, _elements(value, digest))
    if "generic" in names and value.dtype.names is None:
        return hash_pieces("scalar", _dtype(value.dtype), value.tobytes())
    if "dtype" in names:
        return _dtype(value)
    return None


def _dtype(dtype: Any) -> bytes:
    if dtype.names is not None:  # not dtype.descr, which some orders of fields do not have
        fields = [dtype.fields[name] for name in dtype.names]
        places = repr((dtype.itemsize, dtype.names, [field[1] for field in fields]))
        return hash_pieces("dtype with fields", text_piece(places), *(_dtype(field[0]) for field in fields))
    if dtype.subdtype is not None:  # whose name tells its size only
        return hash_pieces("dtype of arrays", _dtype(dtype.base), text_piece(repr(dtype.shape)))
    return hash_pieces("dtype", text_piece(dtype.str))


def _elements(array: Any, digest: Callable[[object], bytes]) -> bytes:
    if array.dtype.names is not None:  # what lies between the fields is arbitrary
        return hash_pieces("fields", *(_elements(array[field], digest) for field in array.dtype.names))
    if array.dtype.hasobject or array.dtype.kind == "T":  # the bytes of these are addresses
        return digest(array.ravel().tolist())
    return blake3.blake3(array.tobytes()).digest()
