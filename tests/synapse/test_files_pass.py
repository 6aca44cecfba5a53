"""An encrypted picture goes from a helper's direct message to the asker's room, on a real Synapse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from school import school

from helpbot.testing.stage import content_of

pytestmark = [pytest.mark.synapse, pytest.mark.slow]

FILE = {
    "url": "mxc://ecole.example/abc",
    "key": {"kty": "oct", "alg": "A256CTR", "k": "c2VjcmV0", "ext": True, "key_ops": ["encrypt", "decrypt"]},
    "iv": "aXY",
    "hashes": {"sha256": "aGFzaA"},
    "v": "v2",
}


async def test_a_sealed_picture_and_a_colleague_in_the_room(tmp_path: Path) -> None:
    async with school(tmp_path) as stage:
        for account, name in (("lea", "Léa"), ("sam", "Sam"), ("vera", "Vera")):
            await stage.add_person(account, name)
        vera = stage.people["Vera"]
        await stage.start_bot(
            volunteers=[{"user": vera.user_id, "themes": ["pix"]}], routing={"open_hours": "toujours"}
        )
        await stage.add_room("salle", "Léa", ["Sam"])
        direct = await stage.add_room("direct", "Vera", direct=True)
        await stage.sees("Vera", "direct", ["greeting"], seconds=60)
        await stage.sees("Léa", "salle", ["greeting"], seconds=60)
        await stage.says("Léa", "salle", "qui sait brancher le thermostat du gymnase ?", to_bot=True)
        consent = await stage.sees("Léa", "salle", ["route"], seconds=60)
        await stage.reacts("Léa", "salle", consent["event_id"], "🙋")
        offer = await stage.sees("Vera", "direct", ["offer"], seconds=60)
        picture = {"msgtype": "m.image", "body": "plan.png", "file": FILE, "info": {"mimetype": "image/png"}}
        reply = {"m.relates_to": {"m.in_reply_to": {"event_id": offer["event_id"]}}}
        await vera.send(direct, "m.room.message", picture | reply)
        relay = await stage.sees("Léa", "salle", ["relay"], seconds=60)
        said: dict[str, Any] = content_of(relay)
        assert (said["msgtype"], said["file"], said["filename"]) == ("m.image", FILE, "plan.png")

        # A second question, which a colleague answers in the room: their message is marked by the asker.
        await stage.says("Léa", "salle", "où range-t-on le vidéoprojecteur du CDI ?", to_bot=True)
        again = await stage.sees("Léa", "salle", ["route"], after=[consent["event_id"]], seconds=60)
        answer = await stage.says("Sam", "salle", "dans le placard du fond")
        await stage.reacts("Léa", "salle", answer, "✅")
        await stage.sees("Léa", "salle", ["status"], holding="Sam", seconds=60)
        assert again["event_id"] != consent["event_id"]
