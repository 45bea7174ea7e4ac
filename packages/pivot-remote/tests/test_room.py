from threading import Thread

from pivot_remote.room import Room


def test_who_wants_more_than_there_is_waits_for_it() -> None:
    room = Room(10)
    order: list[str] = []

    def take_all() -> None:
        room.take(10)
        order.append("taken")

    room.take(4)
    room.take(6)
    thread = Thread(target=take_all)
    thread.start()
    for size in (6, 4):
        order.append("given")
        room.give(size)
    thread.join(50)
    assert order == ["given", "given", "taken"]


def test_many_that_want_little_do_not_keep_out_one_that_wants_much() -> None:
    room = Room(10)
    room.take(5)
    large = Thread(target=room.take, args=(10,))
    large.start()
    little = [Thread(target=lambda: (room.take(1), room.give(1))) for _ in range(20)]
    for thread in little:
        thread.start()
    room.give(5)
    large.join(50)
    assert not large.is_alive()
    room.give(10)
    for thread in little:
        thread.join(50)
    assert not any(thread.is_alive() for thread in little)
