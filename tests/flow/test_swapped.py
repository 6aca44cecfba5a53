"""Reports are about questions, not people: others who play the same conversation get the same one."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from staffroom import PEOPLE, ROLES, StaffRoom

from helpbot.core.report import Counts, Report, publish
from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import ANNE

PAIRS = [
    ("asker1", "asker2"),
    ("asker3", "asker12"),
    ("helper1", "helper8"),
    ("helper3", "helper4"),
    ("asker1", "helper1"),
    ("asker10", "helper6"),
]
TURNED = dict(zip(ROLES, (PEOPLE[r] for r in (*ROLES[7:], *ROLES[:7])), strict=True))
"""Everybody plays another's part."""


async def _played(folder: Path, people: dict[str, str]) -> tuple[Counts, Report, str, str]:
    room = StaffRoom(folder, FakeClock(), encrypted=True, people=people)
    await room.start()
    await room.play()
    await room.advance(days=8)  # what nobody marked has ended
    await room.says(ANNE, "!bilan", room=room.review)
    counts = await room.totals()
    told = room.last(room.review).body
    page = (await room.exports())["page"]
    await room.stop()
    return counts, publish(counts), told, page


@cache
def _as_it_was() -> tuple[Counts, Report, str, str]:
    with TemporaryDirectory() as folder:
        return asyncio.run(_played(Path(folder), PEOPLE))


def _swapped(one: str, two: str) -> dict[str, str]:
    return PEOPLE | {one: PEOPLE[two], two: PEOPLE[one]}


@pytest.mark.slow
@pytest.mark.parametrize(
    "people", [*(_swapped(*pair) for pair in PAIRS), TURNED], ids=[*("-".join(p) for p in PAIRS), "all"]
)
def test_the_report_differs_in_nothing(tmp_path: Path, people: dict[str, str]) -> None:
    counts, report, told, page = asyncio.run(_played(tmp_path, people))
    before = _as_it_was()
    assert report.total is not None
    assert report.total >= 12
    assert (counts, report, told, page) == before
    assert not any(user.partition(":")[0][1:] in told for user in PEOPLE.values())
