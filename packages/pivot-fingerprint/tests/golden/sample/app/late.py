"""Imported by a function only."""


def cleaned(rows):
    return [row for row in rows if row is not None and not is_odd(row)]


def is_odd(n):
    return n > 0 and is_even(n - 1)


def is_even(n):
    return n == 0 or is_odd(n - 1)
