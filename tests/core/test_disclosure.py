"""What is withheld stays withheld: an attacker with linear programming, and one who only subtracts."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Hashable, Mapping

import numpy as np
import pytest
from scipy.optimize import linprog

from helpbot.core.disclosure import FEW, Cell, withheld

Cells = Mapping[Hashable, Cell]


def known_range(cells: Cells, hidden: frozenset[Hashable], key: Hashable) -> tuple[float, float]:
    """Return the least and greatest value of a withheld count that the published ones allow."""
    unknown = sorted(hidden, key=str)
    nodes = sorted({n for c in cells.values() for n in (c.tail, c.head)}, key=str)
    row = {node: i for i, node in enumerate(nodes)}
    sums = np.zeros((len(nodes), len(unknown)))
    known = np.zeros(len(nodes))
    for k, cell in cells.items():
        for node, sign in ((cell.tail, -1), (cell.head, 1)):
            if k in hidden:
                sums[row[node], unknown.index(k)] += sign
            else:
                known[row[node]] -= sign * cell.count
    aim = np.zeros(len(unknown))
    aim[unknown.index(key)] = 1
    found = []
    for sign in (1, -1):
        result = linprog(sign * aim, A_eq=sums, b_eq=known, bounds=(1, 1_000_000), method="highs")
        assert result.success
        found.append(sign * result.fun)
    return found[0], found[1]


def table(counts: list[list[int]], people: list[list[int]] | None = None) -> dict[Hashable, Cell]:
    """Return a two-way table with both its margins, of as many people as questions unless said."""
    people = people or counts
    cells: dict[Hashable, Cell] = {}
    for r, row in enumerate(counts):
        cells["row", r] = Cell("all", ("r", r), sum(row), sum(people[r]))
        for c, n in enumerate(row):
            cells[r, c] = Cell(("r", r), ("c", c), n, people[r][c])
    for c, column in enumerate(zip(*counts, strict=True)):
        cells["column", c] = Cell(("c", c), "sum", sum(column), sum(p[c] for p in people))
    total = sum(map(sum, counts))
    cells["total"] = Cell("sum", "all", total, sum(map(sum, people)))
    return cells


def test_nothing_is_withheld_where_every_count_is_of_enough_people() -> None:
    assert withheld(table([[7, 9], [12, 0]])) == frozenset()


def test_one_small_count_takes_three_others_with_it() -> None:
    hidden = withheld(table([[20, 2, 30], [40, 50, 60], [70, 80, 90]]))
    assert (0, 1) in hidden
    assert len(hidden) == 4
    assert "total" not in hidden


def test_a_total_tells_its_only_small_part() -> None:
    cells = {"part": Cell("a", "b", 3, 3), "rest": Cell("a", "b", 40, 30), "sum": Cell("b", "a", 43, 33)}
    assert withheld(cells) == {"part", "rest"}


def test_two_small_counts_are_no_cover_for_each_other() -> None:
    """Their sum would be published by subtraction, and is about four people."""
    hidden = withheld(
        {
            "a": Cell("x", "y", 90, 2),
            "b": Cell("x", "y", 90, 2),
            "c": Cell("x", "y", 50, 30),
            "d": Cell("x", "y", 70, 30),
            "sum": Cell("y", "x", 300, 60),
        }
    )
    assert hidden == {"a", "b", "c"}


def test_small_parts_of_a_large_total_may_be_told_together() -> None:
    hidden = withheld({**{n: Cell("x", "y", 4, 4) for n in range(5)}, "sum": Cell("y", "x", 20, 20)})
    assert hidden == {0, 1, 2, 3, 4}


def test_nothing_at_all_is_told_of_three_people() -> None:
    assert withheld({"faq": Cell("x", "y", 9, 3), "sum": Cell("y", "x", 9, 3)}) == {"faq", "sum"}


def test_many_questions_of_few_people_are_withheld() -> None:
    hidden = withheld(table([[500, 100], [100, 100]], [[4, 90], [90, 90]]))
    assert (0, 0) in hidden


def test_counts_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match="add up"):
        withheld({"part": Cell("a", "b", 3, 3), "sum": Cell("b", "a", 4, 4)})


def chained(rng: random.Random) -> tuple[dict[Hashable, Cell], dict[Hashable, set[int]]]:
    """Return the network of a made-up term: months × outcomes × themes, and who is in each count."""
    who: dict[Hashable, list[int]] = defaultdict(list)
    months, groups, themes = rng.randint(1, 6), rng.randint(1, 6), rng.randint(1, 7)
    for _ in range(rng.choice([5, 30, 200, 1000])):
        person = int(rng.paretovariate(0.7)) % 60
        m, g = rng.randrange(months), min(int(rng.expovariate(0.8)), groups - 1)
        t = min(int(rng.expovariate(0.5)), themes - 1)
        for key in (("m", m), ("mg", m, g), ("g", g), ("gt", g, t), ("t", t), ("all",)):
            who[key].append(person)
    ends = {
        "m": lambda m: ("from", ("m", m)),
        "mg": lambda m, g: (("m", m), ("g", g)),
        "g": lambda g: (("g", g), ("of", g)),
        "gt": lambda g, t: (("of", g), ("t", t)),
        "t": lambda t: (("t", t), "to"),
        "all": lambda: ("to", "from"),
    }
    cells: dict[Hashable, Cell] = {}
    for key, people in who.items():
        tail, head = ends[key[0]](*key[1:])  # type: ignore[index]
        cells[key] = Cell(tail, head, len(people), min(FEW, len(set(people))))
    return cells, {key: set(people) for key, people in who.items()}


@pytest.mark.parametrize("seed", range(12))
def test_linear_programming_finds_no_withheld_count(seed: int) -> None:
    cells, _ = chained(random.Random(seed))
    hidden = withheld(cells)
    assert all(k in hidden for k, c in cells.items() if 0 < c.people < FEW)
    for key in sorted(hidden, key=str):
        least, most = known_range(cells, hidden, key)
        assert most - least >= FEW - 1, (key, least, most)


@pytest.mark.parametrize("seed", range(200))
def test_subtraction_gives_no_sum_of_fewer_than_five_people(seed: int) -> None:
    cells, people = chained(random.Random(seed))
    hidden = withheld(cells)
    for node in {n for c in cells.values() for n in (c.tail, c.head)}:
        for side in (True, False):
            here = [k for k, c in cells.items() if (c.head if side else c.tail) == node]
            there = [k for k, c in cells.items() if (c.tail if side else c.head) == node]
            secret = [k for k in here if k in hidden]
            if secret and not any(k in hidden for k in there):
                assert len(set().union(*(people[k] for k in secret))) >= FEW


def test_what_can_be_told_mostly_is() -> None:
    """Withholding everything would be safe too, and of no use."""
    shown = told = 0
    for seed in range(60):
        cells, _ = chained(random.Random(seed))
        if cells[("all",)].count >= 200:
            hidden = withheld(cells)
            told += sum(c.count for k, c in cells.items() if k not in hidden)
            shown += sum(c.count for c in cells.values())
    assert told / shown > 0.8
