"""Encrypted rooms are upgraded on a real Synapse, while the program runs and while it is down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from school import school

from helpbot.testing.stage import Stage, kind_of

pytestmark = [pytest.mark.synapse, pytest.mark.slow]


async def upgrade(stage: Stage, who: str, room: str, name: str) -> str:
    """Let somebody upgrade a room as clients do; the new one has a name of its own in the test."""
    person = stage.people[who]
    path = f"v3/rooms/{stage.rooms[room]}/upgrade"
    answer = await person.request("POST", path, {"new_version": "11"})
    stage.rooms[name] = str(answer["replacement_room"])
    return stage.rooms[name]


def said_by_the_bot(stage: Stage, who: str, room: str) -> list[str]:
    events: list[dict[str, Any]] = stage.people[who].events(stage.rooms[room])
    return [kind_of(e) for e in events if e["sender"] == stage.bot_id and e["type"] == "m.room.message"]


async def test_rooms_are_followed_with_what_is_open_in_them(tmp_path: Path) -> None:
    async with school(tmp_path) as stage:
        for account, name in (("lea", "Léa"), ("vera", "Vera")):
            await stage.add_person(account, name)
        vera, lea = stage.people["Vera"], stage.people["Léa"]
        choices: dict[str, Any] = {
            "volunteers": [{"user": vera.user_id, "themes": ["pix"]}],
            "routing": {"open_hours": "toujours"},
            "rooms": {"volunteers": await stage.add_room("volontaires", "Vera")},
        }
        await stage.add_room("salle", "Léa")
        await stage.start_bot(**choices)
        await stage.sees("Léa", "salle", ["greeting"], seconds=60)
        await stage.sees("Vera", "volontaires", ["greeting"], seconds=60)
        await stage.says("Léa", "salle", "qui sait brancher le thermostat du gymnase ?", to_bot=True)
        consent = await stage.sees("Léa", "salle", ["route"], seconds=60)
        await stage.reacts("Léa", "salle", consent["event_id"], "🙋")
        await stage.sees("Vera", "volontaires", ["offer"], holding="thermostat", seconds=60)

        # The volunteers' room, which the configuration names, while the bot is down.
        assert await stage.stop_bot() == 0
        await vera.invite(await upgrade(stage, "Vera", "volontaires", "nouveaux volontaires"), stage.bot_id)
        await stage.start_bot(**choices)
        offer = await stage.sees("Vera", "nouveaux volontaires", ["offer"], holding="thermostat", seconds=60)
        await stage.reacts("Vera", "nouveaux volontaires", offer["event_id"], "✋")
        await stage.sees(
            "Vera", "nouveaux volontaires", ["status", "offer"], after=[offer["event_id"]], seconds=60
        )

        # The asker's room, while it runs; something is said there before it comes.
        new = await upgrade(stage, "Léa", "salle", "nouvelle salle")
        early = await stage.says("Léa", "nouvelle salle", "comment entrer dans Pix ?", to_bot=True)
        await lea.invite(new, stage.bot_id)
        await lea.wait_membership(new, stage.bot_id, "join", 60)
        reply = {"m.relates_to": {"m.in_reply_to": {"event_id": offer["event_id"]}}}
        words = {"msgtype": "m.text", "body": "Le bouton vert au sous-sol."}
        await vera.send(stage.rooms["nouveaux volontaires"], "m.room.message", words | reply)
        answer = await stage.sees("Léa", "nouvelle salle", ["relay"], holding="bouton vert", seconds=60)
        await stage.reacts("Léa", "nouvelle salle", answer["event_id"], "✅")
        await stage.says("Léa", "nouvelle salle", "comment entrer dans Pix ?", to_bot=True)
        known = await stage.sees("Léa", "nouvelle salle", ["answer"], seconds=60)
        assert known["content"]["fr.helpbot"]["question"] != early
        assert "greeting" not in said_by_the_bot(stage, "Léa", "nouvelle salle")
        assert "greeting" not in said_by_the_bot(stage, "Vera", "nouveaux volontaires")
