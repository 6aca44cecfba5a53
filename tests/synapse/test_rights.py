"""`!mesdonnees` and `!oubliezmoi` in an encrypted direct message on a real homeserver."""

from __future__ import annotations

import asyncio
import http.client
import json
from pathlib import Path
from typing import Any

import pytest
from nio.crypto.attachments import decrypt_attachment

from helpbot.testing.person import Person
from helpbot.testing.synapse import LocalSynapse
from helpbot.testing.trial import BotProcess

pytestmark = [pytest.mark.synapse, pytest.mark.slow]

FAQ = """\
theme: pix
title: Pix
entries: [{id: pix-a, question: Comment entrer dans Pix ?, answer: Par l'ENT.}]
"""
WORDS = "gargouillezz"


def download(synapse: LocalSynapse, address: str, token: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", synapse.port, timeout=30)
    path = "/_matrix/client/v1/media/download/" + address.removeprefix("mxc://")
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    response = connection.getresponse()
    data = response.read()
    connection.close()
    assert response.status == 200, data
    return data


async def test_data_given_and_forgotten(synapse: LocalSynapse, tmp_path: Path) -> None:
    (tmp_path / "faq").mkdir()
    (tmp_path / "faq" / "pix.yaml").write_text(FAQ)
    bot = BotProcess(synapse, tmp_path / "bot", tmp_path / "faq", name="rights", rate=50)
    user = synapse.user("rights-lea", "secret")
    bot.start()
    async with await Person.login(synapse.url, "rights-lea", "secret") as lea:
        await bot.ready()
        room = await lea.create_room(encrypted=True, direct=True, invite=[bot.user_id])

        def says(words: str) -> Any:
            return lambda e: e["room_id"] == room and words in str(e.get("content", {}).get("body", ""))

        await lea.wait(says("Bonjour"), 60, what="the greeting")
        await lea.say(room, f"qui sait régler le radiateur {WORDS} ?")
        await lea.wait(says("🙋"), 30, what="a reply")
        await lea.say(room, "!mesdonnees")
        message = await lea.wait(says("Vos données"), 30, what="the file")
        assert message["encrypted"]
        content = message["content"]
        assert content["msgtype"] == "m.file"
        assert "url" not in content
        how = content["file"]
        login = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": user},
            "password": "secret",
        }
        token = synapse.request("POST", "/_matrix/client/v3/login", login)["access_token"]
        locked = download(synapse, how["url"], token)
        assert WORDS.encode() not in locked
        data = json.loads(decrypt_attachment(locked, how["key"]["k"], how["hashes"]["sha256"], how["iv"]))
        assert data["personne"] == user
        assert [WORDS in row["text"] for row in data["donnees"]["tickets"]["lignes"]] == [True]

        await lea.say(room, "!oubliezmoi oui")
        await lea.wait(says("C’est fait"), 30, what="the last word")
        await lea.wait_membership(room, bot.user_id, "leave", 30)
    await asyncio.sleep(0.5)
    assert bot.stop() == 0
    left = {p.name: p.read_bytes() for p in (tmp_path / "bot" / "data").glob("helpbot.db*")}
    assert left
    for name, data_left in left.items():
        assert b"rights-lea" not in data_left, name
        assert WORDS.encode() not in data_left, name
    assert "rights-lea" not in bot.log()
    assert len((tmp_path / "bot" / "pseudonym.key.erasures").read_text().splitlines()) == 1
