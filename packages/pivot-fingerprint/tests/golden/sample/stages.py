"""The functions whose digests are kept."""

import functools

from app import settings as conf
from app.model import Ridge
from app.registry import LOSSES, loss


@loss("absolute")
def absolute(a, b):
    return abs(a - b)


def fit(rows, *, rate=conf.RATE, kind="square"):
    from app import late

    model = Ridge(rate)
    for row in late.cleaned(rows):
        model.update(row, LOSSES[kind])
    return {"weights": model.weights, "note": clock(), "words": conf.WORDS}


def computed(name):
    return getattr(conf, name), eval(name)


def clock():  # pivot: ignore
    return 0


def scaled(factor, *, shift):
    table = {"half": 0.5, "big": 2**70, "none": None, "pair": (1, b"\x00"), "words": {"c", "a", "b"}}
    where = conf.HERE / "words.txt"

    def scale(x):
        return x * factor + shift + table["half"] if where else limit(x)

    return scale


def limit(x):
    return min(x, conf.RATE)


bound = functools.partial(scaled(3, shift=conf.Unit.METRE), x=1.5)
