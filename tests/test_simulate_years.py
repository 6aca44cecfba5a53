"""Ten made-up school years: nobody is asked beyond what they accepted, and the auditor would have seen it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helpbot.adapters.calendars import load_calendar
from helpbot.core.tickets import State
from helpbot.simulate.behaviour import Behaviour
from helpbot.simulate.measure import KINDS, measure
from helpbot.simulate.play import play
from helpbot.simulate.policies import OURS, POLICIES, ROUND_ROBIN
from helpbot.simulate.scenarios import NORMAL
from helpbot.simulate.world import World, make_world

SMALL = replace(NORMAL, teachers=500, schools=10, volunteers=20)


def end(world: World) -> int:
    """Return the moment at which a play of this world is over."""
    return world.days.midnights[-1]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_a_school_year_breaks_no_promise(seed: int) -> None:
    """Half load and too much of it, with and without fatigue, over all holidays and both clock changes."""
    scenario = replace(SMALL, load=1.2 if seed % 2 else 0.5, holiday_questions=0.5)
    world = make_world(scenario, Behaviour(), load_calendar("ABC"[seed % 3], "Europe/Paris"), seed)
    played = play(world, OURS, fatigue=seed % 4 < 2)
    done = measure(played)
    assert done.questions > 200
    assert done.violations == dict.fromkeys(KINDS, 0)
    # Five school days each to find somebody, to be marked, and the same once more after a ❌.
    early = [s for s in played.stories if world.open_hours.add_school_days(s.question.at, 22) < end(world)]
    assert len(early) > 0.8 * done.questions
    assert {story.state for story in early} == {State.SOLVED, State.EXPIRED}


@pytest.mark.slow
def test_a_question_that_nobody_takes_expires_and_is_asked_of_nobody_any_more() -> None:
    """After five school days, as in the bot: what waits for longer would take the asks of what comes then."""
    asked = replace(SMALL, weeks=1, load=4.0)
    world = make_world(asked, Behaviour(), load_calendar("A", "Europe/Paris"), 1)
    played = play(world, OURS, fatigue=False)
    unclaimed = [s for s in played.stories if s.claimed_at is None]
    assert len(unclaimed) > 20
    assert {s.state for s in unclaimed} == {State.EXPIRED}
    last_day = {k: world.open_hours.add_school_days(s.question.at, 5) for k, s in enumerate(played.stories)}
    assert all(
        ask.at <= last_day[ask.question] for ask in played.asks if played.stories[ask.question] in unclaimed
    )


@pytest.mark.slow
def test_the_auditor_sees_caps_and_open_asks_of_a_policy_that_knows_none() -> None:
    world = make_world(replace(SMALL, weeks=3, load=2.0), Behaviour(), load_calendar("A", "Europe/Paris"), 1)
    [blind] = [p for p in POLICIES if p.name == ROUND_ROBIN]
    broken = measure(play(world, blind, fatigue=True)).violations
    assert broken["cap_day"] > 0
    assert broken["cap_week"] > 0
    assert broken["holidays"] == broken["own_hours"] == broken["pauses"] == 0
