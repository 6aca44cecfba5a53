"""A hundred questions, the bot dying over each at the same step of its way: none lost, none answered twice.

The same of the crypto store: `test_no_key_is_lost_whenever_the_power_fails` in tests/synapse.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from helpbot.testing.clock import FakeClock
from helpbot.testing.crash import Crash, CrashPlan, CrashTester
from helpbot.testing.tester import LEA, PASSWORD, SAM, SESSION, UNKNOWN

pytestmark = pytest.mark.slow

QUESTIONS = (PASSWORD, SESSION, UNKNOWN)
FIRST = ("answer", "clarify", "route")


class Mortal(CrashPlan):
    """Notes where it died."""

    deaths: Counter[str]

    def reach(self, name: str) -> None:
        try:
            super().reach(name)
        except Crash:
            self.deaths[name] += 1
            raise


async def a_hundred(folder: Path, *, dying_at: int) -> tuple[Counter[str], Counter[str]]:
    """Ask, the points counted anew for each question; returns how often each was answered, and the deaths."""
    plan = Mortal(armed=False)
    plan.deaths = Counter()
    questions = []
    async with CrashTester(folder, FakeClock(), plan) as bot:
        plan.armed, plan.at = True, {dying_at}
        for n in range(100):
            plan.points.clear()
            questions.append(await bot.says((LEA, SAM)[n % 2], f"{QUESTIONS[n % 3]} ({n})"))
        plan.at = ()
        await bot.settle()
        metas = [m.content["fr.helpbot"] for m in bot.shown()]
    answers = Counter(meta["question"] for meta in metas if meta["kind"] in FIRST)
    return Counter({question: answers[question] for question in questions}), plan.deaths


async def test_nothing_is_lost_over_a_hundred_at_each_write(tmp_path: Path) -> None:
    deaths: Counter[str] = Counter()
    for point in range(20):
        folder = tmp_path / str(point)
        folder.mkdir()
        answered, died = await a_hundred(folder, dying_at=point)
        assert (len(answered), set(answered.values())) == (100, {1}), f"point {point}: {died}"
        deaths += died
        if not died:
            break
    else:
        pytest.fail("there are more points than were tried")
    assert deaths["before the commit"] >= 200, "taking in and deciding, each over a hundred"
    assert deaths["after the commit"] >= 200
    assert deaths["before the send arrives"] >= 100
    assert deaths["before the answer to the send"] >= 100
