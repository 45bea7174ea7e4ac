"""Nodes of a graph that lead to one another, found together: Tarjan's components.

Serves ``reach`` and ``shapes``, which know something of a node as soon as they know it of all below.
"""

from collections.abc import Callable, Container, Iterable, Iterator


def components(start: int, following: Callable[[int], Iterable[int]], known: Container[int]) -> Iterator[list[int]]:
    """Yield a node and all below it that are not known, those together that lead to one another, the lowest first.

    Who iterates makes each component known before asking for the next.
    """
    if start in known:
        return
    first = following(start)
    for one in first:
        if one not in known:
            break
    else:
        yield [start]
        return
    index = {start: 0}
    low = {start: 0}
    open_ = [start]
    stack = [(start, iter(first))]
    while stack:
        node, below = stack[-1]
        for one in below:
            if one in known:
                continue
            if one not in index:
                index[one] = low[one] = len(index)
                open_.append(one)
                stack.append((one, iter(following(one))))
                break
            if index[one] < low[node]:
                low[node] = index[one]
        else:
            stack.pop()
            if stack and low[node] < low[stack[-1][0]]:
                low[stack[-1][0]] = low[node]
            if low[node] == index[node]:
                at = len(open_) - 1
                while open_[at] != node:
                    at -= 1
                component, open_[at:] = open_[at:], []
                yield component
