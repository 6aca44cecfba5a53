"""Withholding small counts of a report, also where a difference would give them away (privacy 1).

Published counts are the flows of a network: a node is a sum that the reader can do (what goes in is what
goes out: a month's total is the sum of its parts), an edge is one count. What an attacker can know of a
withheld count is then exact: the range of its flow while all published ones stand still, found by maximum
flow in the residual network. Tables that share totals are one network, so no difference between them is
forgotten. The method is that of R. D. Ernst and L. H. Cox ("Network models for complementary cell
suppression", Journal of the American Statistical Association, 1995) in its plainest, greedy form.

Zeros are published: an attacker knows that a withheld count is at least 1.
"""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

FEW = 5
"""A count of fewer people than this is withheld."""
_ENDLESS = 1 << 40


@dataclass(frozen=True, slots=True)
class Cell:
    """One count of a report, as an edge of the network."""

    tail: Hashable
    head: Hashable
    count: int
    people: int
    """How many people it is about; where there are at least `FEW`, how many more does not matter."""


def withheld(cells: Mapping[K, Cell], *, few: int = FEW) -> frozenset[K]:
    """Return which counts must not be published.

    Those of fewer than `few` people; then as many more as it takes until at least `few` values are
    possible for each withheld count, and no sum of withheld parts that a reader can work out by
    subtraction is about fewer than `few` people. Raises `ValueError` where the counts do not add up.
    """
    return _Suppression(cells, few).run()


class _Suppression(Generic[K]):
    def __init__(self, cells: Mapping[K, Cell], few: int) -> None:
        self._cells = {k: c for k, c in cells.items() if c.count > 0}
        self._few = few
        self._at: dict[Hashable, list[K]] = defaultdict(list)
        balance: dict[Hashable, int] = defaultdict(int)
        for key, cell in self._cells.items():
            for node, sign in ((cell.tail, -1), (cell.head, 1)):
                self._at[node].append(key)
                balance[node] += sign * cell.count
        wrong = [str(node) for node, rest in balance.items() if rest]
        if wrong:
            raise ValueError(f"the counts do not add up at {', '.join(wrong)}")
        self._hidden = {k for k, c in self._cells.items() if c.people < few}

    def run(self) -> frozenset[K]:
        before = -1
        while before != len(self._hidden):
            before = len(self._hidden)
            for node in self._at:
                self._widen(node)
            for key in sorted(self._hidden, key=self._size):
                if not self._is_vague(key):
                    self._cover(key)
        return frozenset(self._hidden)

    def _size(self, key: K) -> tuple[int, str]:
        return self._cells[key].count, str(key)

    # --- what can be worked out at one node

    def _widen(self, node: Hashable) -> None:
        """See to it that what subtraction gives at a node is about enough people."""
        hidden = [k for k in self._at[node] if k in self._hidden]
        shown = [k for k in self._at[node] if k not in self._hidden]
        if not hidden or not shown or any(self._cells[k].people >= self._few for k in hidden):
            return
        sides = {self._cells[k].head == node for k in hidden}
        if len(sides) == 1 and all((self._cells[k].head == node) not in sides for k in shown):
            return  # together they are what the other side says, which is published
        self._hidden.add(min(shown, key=self._size))

    # --- the range of one count

    def _is_vague(self, key: K) -> bool:
        """Whether at least `few` values are possible for a withheld count."""
        cell, wanted = self._cells[key], self._few - 1
        more = self._flow(cell.head, cell.tail, wanted, key)
        if more >= wanted:
            return True
        less = self._flow(cell.tail, cell.head, min(wanted - more, cell.count - 1), key)
        return more + less >= wanted

    def _flow(self, source: Hashable, sink: Hashable, wanted: int, without: K) -> int:
        """Return how much can be pushed through the withheld edges, up to `wanted` (Edmonds-Karp)."""
        if source == sink:
            return wanted
        used: dict[K, int] = defaultdict(int)
        total = 0
        while total < wanted:
            path = self._path(source, sink, used, without)
            if not path:
                break
            amount = min(wanted - total, *(room for _, _, room in path))
            for key, sign, _ in path:
                used[key] += sign * amount
            total += amount
        return total

    def _path(
        self, source: Hashable, sink: Hashable, used: Mapping[K, int], without: K
    ) -> list[tuple[K, int, int]]:
        """Return the shortest way with room left, as (edge, direction, room); empty where there is none."""
        came: dict[Hashable, tuple[Hashable, K, int, int]] = {}
        queue, seen = deque([source]), {source}
        while queue:
            node = queue.popleft()
            for key, sign, to in self._steps(node, self._hidden, without):
                room = _ENDLESS if sign > 0 else self._cells[key].count - 1 + used.get(key, 0)
                if to in seen or room <= 0:
                    continue
                seen.add(to)
                came[to] = (node, key, sign, room)
                if to == sink:
                    return _way_back(came, source, sink)
                queue.append(to)
        return []

    def _steps(self, node: Hashable, among: Iterable[K], without: K) -> Iterator[tuple[K, int, Hashable]]:
        for key in self._at[node]:
            if key == without or key not in among:
                continue
            cell = self._cells[key]
            yield (key, 1, cell.head) if cell.tail == node else (key, -1, cell.tail)

    # --- what else to withhold

    def _cover(self, key: K) -> None:
        """Withhold the cheapest ring of counts that lets this one vary enough."""
        cell = self._cells[key]
        ways = [self._cheapest(cell.head, cell.tail, key)]
        if cell.count >= self._few:
            ways.append(self._cheapest(cell.tail, cell.head, key))
        found = [way for way in ways if way is not None]
        if found:
            self._hidden.update(min(found, key=lambda way: way[0])[1])
        else:  # nothing to hide it behind: nothing of these sums can be told
            self._hidden.update(self._at[cell.tail], self._at[cell.head])

    def _cheapest(self, source: Hashable, sink: Hashable, without: K) -> tuple[int, list[K]] | None:
        """Return (count newly withheld, edges) of the cheapest way with room for enough values (Dijkstra)."""
        best: dict[Hashable, int] = {source: 0}
        came: dict[Hashable, tuple[Hashable, K, int, int]] = {}
        heap: list[tuple[int, int, Hashable]] = [(0, 0, source)]
        pushed = 0
        while heap:
            cost, _, node = heapq.heappop(heap)
            if node == sink:
                return cost, [key for key, _, _ in _way_back(came, source, sink)]
            if cost > best[node]:
                continue
            for key, sign, to in self._steps(node, self._cells, without):
                cell = self._cells[key]
                if sign < 0 and cell.count < self._few:
                    continue
                total = cost + (0 if key in self._hidden else cell.count)
                if total < best.get(to, _ENDLESS):
                    best[to] = total
                    came[to] = (node, key, sign, 0)
                    pushed += 1
                    heapq.heappush(heap, (total, pushed, to))
        return None


def _way_back(
    came: Mapping[Hashable, tuple[Hashable, K, int, int]], source: Hashable, sink: Hashable
) -> list[tuple[K, int, int]]:
    way, node = [], sink
    while node != source:
        node, key, sign, room = came[node]
        way.append((key, sign, room))
    return way
