"""`!reglages`, and rooms that switched listening on."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpbot.core.roomchoices import read_choices
from helpbot.flow.setting import RoomPolicy
from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import LEA, PASSWORD, SAM, UNKNOWN, BotTester
from helpbot.testing.whatstands import everything_stored

TALK = "quelqu'un a vu mes clés rouges ce midi en salle des profs"


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("écoute oui", {"listen": True}),
        ("ecouter : off", {"listen": False}),
        ("fils on", {"threads": True}),
        ("demande toujours", {"route_always": True}),
        ("demander d'abord", {"route_always": False}),
        ("écoute non, fils oui", {"listen": False, "threads": True}),
        ("collège académie de Dijon", {"level": "college", "academie": "Dijon"}),
    ],
)
def test_what_people_write(text: str, chosen: dict[str, object]) -> None:
    assert read_choices(text) == chosen


def test_what_is_no_setting_is_said_so() -> None:
    with pytest.raises(ValueError, match="n'est pas un réglage"):
        read_choices("vert pomme")


async def test_an_administrator_changes_how_the_bot_behaves_and_it_lasts(bot: BotTester) -> None:
    await bot.says(LEA, "!reglages fils oui")
    assert "fils" in bot.last().body
    await bot.restart()
    question = await bot.says(LEA, PASSWORD)
    assert bot.last().thread == question


async def test_nobody_else_does(bot: BotTester) -> None:
    await bot.says(SAM, "!reglages écoute oui")
    assert "administr" in bot.last().body
    await bot.says(SAM, PASSWORD, to_bot=False)
    assert bot.kinds() == ["command"]
    bot.server.person(LEA).promote(bot.school, SAM)
    await bot.says(SAM, "!reglages écoute oui")
    assert "J’écoute" in bot.last().body


async def test_a_room_that_does_not_listen_is_left_alone(bot: BotTester) -> None:
    await bot.says(SAM, PASSWORD, to_bot=False)
    assert bot.kinds() == []


async def test_a_listening_room_is_answered_when_it_is_very_sure(bot: BotTester) -> None:
    await bot.says(LEA, "!reglages écoute oui")
    asked = await bot.says(SAM, PASSWORD, to_bot=False)
    assert bot.last().content["fr.helpbot"]["entry"] == "pix-mdp"
    assert bot.last().reply_to == asked


async def test_nothing_is_stored_of_what_it_did_not_answer(bot: BotTester) -> None:
    await bot.says(LEA, "!reglages écoute oui")
    for words in (TALK, UNKNOWN, "mot de passe ?", "je veux mourir"):
        await bot.says(SAM, words, to_bot=False)
    assert bot.kinds() == ["command"]
    stored = everything_stored(bot.folder)
    assert "clés rouges" not in stored
    assert "thermostat" not in stored
    assert len(await bot.tickets()) == 0


async def test_words_put_to_somebody_else_are_not_heard(bot: BotTester) -> None:
    await bot.says(LEA, "!reglages écoute oui")
    before = bot.server.person(LEA).say(bot.school, "bonjour")
    await bot.says(SAM, PASSWORD, reply_to=before)
    bot.server.person(SAM).say(bot.school, PASSWORD, mention=[LEA])
    await bot.settle()
    assert bot.kinds() == ["command"]


async def test_the_configuration_switches_it_on_too(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock, room_settings=RoomPolicy(listen=True)) as bot:
        await bot.says(SAM, PASSWORD, to_bot=False)
        assert bot.kinds() == ["answer"]
        await bot.says(LEA, "!reglages écoute non")
        await bot.says(SAM, PASSWORD, to_bot=False)
        assert bot.kinds() == ["answer", "command"]


async def test_a_direct_message_has_no_settings(bot: BotTester) -> None:
    room = await bot.direct(LEA)
    await bot.says(LEA, "!reglages écoute oui", room=room, to_bot=False)
    assert "salon" in bot.last(room).body
