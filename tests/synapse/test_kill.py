"""`helpbot run` on a real homeserver, killed or down while people ask: each question is answered once."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpbot.testing.synapse import LocalSynapse
from helpbot.testing.trial import Outcome, Trial

pytestmark = [pytest.mark.synapse, pytest.mark.slow]

FAQ = Path(__file__).parents[2] / "faq"


def check(trial: Trial, outcome: Outcome, questions: int) -> None:
    assert (outcome.once, outcome.lost, outcome.twice) == (questions, 0, 0), trial.bot.log()[-3000:]


async def test_killed_again_and_again(synapse: LocalSynapse, tmp_path: Path) -> None:
    async with Trial(synapse, tmp_path, FAQ, name="killed") as trial:
        rooms = await trial.open_rooms(4)
        check(trial, await trial.run(rooms, 60, kills=4), 60)


async def test_down_while_people_ask(synapse: LocalSynapse, tmp_path: Path) -> None:
    async with Trial(synapse, tmp_path, FAQ, name="down") as trial:
        rooms = await trial.open_rooms(4)
        check(trial, await trial.run(rooms, 60, while_down=True), 60)
        check(trial, await trial.run(rooms[:1], 60, while_down=True), 60)
        assert trial.bot.stop() == 0


async def test_with_the_rate_limits_of_a_synapse_as_it_comes(tmp_path: Path) -> None:
    with LocalSynapse(limits="default") as hs:
        async with Trial(hs, tmp_path, FAQ, rate=1.0) as trial:
            rooms = await trial.open_rooms(2)
            check(trial, await trial.run(rooms, 10, kills=1), 10)
