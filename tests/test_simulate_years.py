"""Ten made-up school years: nobody is asked beyond what they accepted, and the auditor would have seen it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helpbot.adapters.calendars import load_calendar
from helpbot.simulate.behaviour import Behaviour
from helpbot.simulate.measure import KINDS, measure
from helpbot.simulate.play import play
from helpbot.simulate.policies import OURS, POLICIES, ROUND_ROBIN
from helpbot.simulate.scenarios import NORMAL
from helpbot.simulate.world import make_world

SMALL = replace(NORMAL, teachers=500, schools=10, volunteers=20)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_a_school_year_breaks_no_promise(seed: int) -> None:
    """Half load and too much of it, with and without fatigue, over all holidays and both clock changes."""
    scenario = replace(SMALL, load=1.2 if seed % 2 else 0.5, holiday_questions=0.5)
    world = make_world(scenario, Behaviour(), load_calendar("ABC"[seed % 3], "Europe/Paris"), seed)
    done = measure(play(world, OURS, fatigue=seed % 4 < 2))
    assert done.questions > 200
    assert done.violations == dict.fromkeys(KINDS, 0)


@pytest.mark.slow
def test_the_auditor_sees_caps_and_open_asks_of_a_policy_that_knows_none() -> None:
    world = make_world(replace(SMALL, weeks=3, load=2.0), Behaviour(), load_calendar("A", "Europe/Paris"), 1)
    [blind] = [p for p in POLICIES if p.name == ROUND_ROBIN]
    broken = measure(play(world, blind, fatigue=True)).violations
    assert broken["cap_day"] > 0
    assert broken["cap_week"] > 0
    assert broken["holidays"] == broken["own_hours"] == broken["pauses"] == 0
