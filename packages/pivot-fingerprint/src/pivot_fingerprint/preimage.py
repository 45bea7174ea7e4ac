"""How digests of values are made: from a tag, then pieces, each with its length before it.

Without tag and lengths, two different values could give the same bytes to digest. The idea is from redun's design note
on hashing.
"""

import blake3


def hash_pieces(tag: str, *pieces: bytes) -> bytes:
    """32 bytes of BLAKE3 over the tag and the pieces, each preceded by its length."""
    hasher = blake3.blake3()
    for piece in (tag.encode(), *pieces):
        hasher.update(len(piece).to_bytes(8, "big"))
        hasher.update(piece)
    return hasher.digest()


def text_piece(text: str) -> bytes:
    """A string as a piece; lone surrogates are allowed, as in file names."""
    return text.encode("utf-8", "surrogatepass")
