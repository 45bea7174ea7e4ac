import typing

from pivot.watch.news import News, Superseded


def test_every_piece_of_news_says_what_happened() -> None:
    for kind in typing.get_args(News.__value__):
        assert kind.__doc__
    assert Superseded(("a.py",), ("train",), ())._asdict() == {
        "changed": ("a.py",),
        "cancelled": ("train",),
        "finishing": (),
    }
