"""Wherever the bot dies, people see the same messages, once."""

from __future__ import annotations

import random

import pytest
import scripts
from scripts import Script, play

SCRIPTS = [
    scripts.answers,
    scripts.amends,
    scripts.routing,
    scripts.withdrawing,
    scripts.waves,
    scripts.silence,
    scripts.passes,
    scripts.another,
    scripts.proposes,
    scripts.publishes,
    scripts.rooms,
    scripts.upgrades,
    scripts.outage,
    scripts.late_keys,
    scripts.limits,
    scripts.bad_network,
]
TIMES = 4


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
async def test_a_crash_at_any_point_changes_nothing(script: Script) -> None:
    plan, expected = await play(script)
    assert len(plan.points) > 20
    for k, point in enumerate(plan.points):
        try:
            await play(script, {k}, expected)
        except BaseException as error:
            error.add_note(f"died at point {k}, {point}")
            raise


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
async def test_several_crashes_change_nothing_either(script: Script) -> None:
    plan, expected = await play(script)
    draw = random.Random(script.__name__)
    for _ in range(TIMES):
        first = draw.randrange(len(plan.points))
        # The next ones find the bot still mending what the first left.
        points = {first, first + draw.randrange(1, 12), first + draw.randrange(12, 40)}
        _, states = await play(script, points)
        assert states[-1] == expected[-1], f"died at points {sorted(points)}"
