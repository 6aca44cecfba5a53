"""Ten volunteers take one question at the same moment, on a real Synapse with encryption: one owner."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from school import school

from helpbot.testing.stage import body_of, is_edit, kind_of

pytestmark = [pytest.mark.synapse, pytest.mark.slow]

TEN = tuple(f"Expert{n}" for n in range(10))


async def test_ten_claims_at_once_have_one_owner_and_edit_each_other_offer_once(tmp_path: Path) -> None:
    async with school(tmp_path) as stage:
        await stage.add_person("lea", "Léa")
        for name in TEN:
            await stage.add_person(name.lower(), name)
        ids = {name: stage.people[name].user_id for name in TEN}
        await stage.start_bot(
            volunteers=[{"user": user, "themes": ["pix"]} for user in ids.values()],
            # All ten are asked in one wave, so that all ten hold an offer of their own.
            routing={"open_hours": "toujours", "waves": [10]},
        )
        await stage.add_room("salle", "Léa")
        for name in TEN:
            await stage.add_room(f"direct {name}", name, direct=True)
            await stage.sees(name, f"direct {name}", ["greeting"], seconds=60)
        await stage.sees("Léa", "salle", ["greeting"], seconds=60)
        await stage.says("Léa", "salle", "qui sait brancher le thermostat du gymnase ?", to_bot=True)
        consent = await stage.sees("Léa", "salle", ["route"], seconds=60)
        await stage.reacts("Léa", "salle", consent["event_id"], "🙋")
        offers = {name: await stage.sees(name, f"direct {name}", ["offer"], seconds=60) for name in TEN}
        await asyncio.gather(
            *(stage.reacts(name, f"direct {name}", offers[name]["event_id"], "✋") for name in TEN)
        )

        def about(name: str) -> list[str]:
            """What the edits of a volunteer's offer say, in order."""
            seen = stage.people[name].events(stage.rooms[f"direct {name}"])
            mine = offers[name]["event_id"]
            return [
                body_of(e)
                for e in seen
                if is_edit(e) and e["content"]["m.relates_to"]["event_id"] == mine and kind_of(e)
            ]

        for name in TEN:
            await stage.people[name].wait(lambda _event, name=name: about(name), 60, what="an edit")
        await stage.says("Léa", "salle", "!mesquestions", to_bot=False)
        await stage.sees("Léa", "salle", ["command"], seconds=60)  # whatever else was to be said is said
        told = {name: about(name) for name in TEN}
        owners = [name for name, edits in told.items() if "c’est pris en charge" in edits[-1]]
        assert len(owners) == 1
        assert [len(edits) for edits in told.values()] == [1] * 10
        assert all("Pris en charge" in edits[0] for name, edits in told.items() if name not in owners)
