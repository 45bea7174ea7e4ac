"""Comments that leave a definition out, ``# pivot: ignore``, and those that only look like one.

White space and capitals do not matter, and it may follow another comment on its line. Which definition a comment
belongs to, ``facts`` knows.
"""

import re
from collections.abc import Iterator

_IGNORE = re.compile(r"(?:^|\s)#\s*pivot\s*:\s*ignore(?!\w)", re.IGNORECASE)
_LIKE = re.compile(r"(?:^|\s)#\s*pivot\b\W*(?:ign\w*|no\w*|skip|disable|off)\b", re.IGNORECASE)
# Looked for in the bytes first, since to split a text into tokens takes longer than to read its tree.
_ANYWHERE = re.compile(rb"#\s*pivot\b", re.IGNORECASE)


def ignored_lines(source: bytes) -> dict[int, bool]:
    """Return the lines with an ignoring comment, and whether the comment has the line to itself."""
    return {line: alone for line, comment, alone in _comments(source) if _IGNORE.search(comment)}


def misspelt(source: bytes) -> list[tuple[int, str]]:
    """Return the comments that somebody may take for an ignoring one although they are none, each with its line."""
    return [
        (line, comment)
        for line, comment, _ in _comments(source)
        if _LIKE.search(comment) and not _IGNORE.search(comment)
    ]


def _comments(source: bytes) -> Iterator[tuple[int, str, bool]]:
    """Yield the comments of a text that may hold one of these, as far as it is Python: line, text, whether alone."""
    if not _ANYWHERE.search(source):
        return
    import io  # rarely needed, and not cheap to import
    import tokenize

    try:
        for token in tokenize.tokenize(io.BytesIO(source).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string, token.line.lstrip().startswith("#")
    except (tokenize.TokenError, SyntaxError):
        return
