"""The same question twice: joined while it is open, shown once solved where both agreed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from helpbot.core.ids import EventId, RoomId
from helpbot.core.sameness import quoted, same_question
from helpbot.core.tickets import Outcome, State
from helpbot.flow.setting import RoomPolicy
from helpbot.testing.clock import FakeClock
from helpbot.testing.fakerooms import Seen
from helpbot.testing.tester import ANNE, LEA, SAM, UNKNOWN, BotTester

AGAIN = "bonjour, quelqu'un sait brancher le thermostat du gymnase svp"


async def asked(bot: BotTester) -> Seen:
    await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    return bot.last(bot.helpers)


async def solved(bot: BotTester, *, asker: bool = True, helper: bool = True) -> tuple[Seen, EventId]:
    offer = await asked(bot)
    vera = offer.mentions[0]
    said = await bot.says(vera, "derrière la porte *rouge*", room=bot.helpers, reply_to=offer.event_id)
    relay = bot.last()
    await bot.reacts(LEA, relay.event_id, "✅")
    assert "🔁" in bot.shown()[0].body
    assert "🔁" in bot.shown(bot.helpers)[0].body
    if asker:
        await bot.reacts(LEA, bot.shown()[0].event_id, "🔁")
    if helper:
        await bot.reacts(vera, offer.event_id, "🔁", room=bot.helpers)
    return offer, said


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        (UNKNOWN, AGAIN, True),
        (UNKNOWN, UNKNOWN + " et sa télécommande", False),
        ("une question ?", "une question !", False),
        ("comment ouvrir une session pix", "comment fermer une session pix", False),
    ],
)
def test_the_same_question(one: str, two: str, same: bool) -> None:
    assert same_question(one, two) is same


def test_what_a_relayed_message_quotes() -> None:
    assert quoted("Réponse de Véra :\n\n> un\n>  deux\n\nÇa vous aide ?") == "un\n deux"


async def test_an_open_twin_is_joined_and_both_get_the_answer(bot: BotTester) -> None:
    offer = await asked(bot)
    await bot.says(SAM, AGAIN)
    first, second = await bot.tickets()
    assert second.twin == first.id
    assert first.ref in bot.last().body
    assert "autre personne" in bot.shown()[0].body, "whoever asked first is told"
    assert "même question" in bot.shown(bot.helpers)[0].body, "who answers knows who reads it"
    assert len(bot.shown(bot.helpers)) == 1, "nobody is asked twice"
    said = await bot.says(offer.mentions[0], "au sous-sol", room=bot.helpers, reply_to=offer.event_id)
    relays = bot.shown(kind="relay")
    assert [r.mentions for r in relays] == [(LEA,), (SAM,)]
    assert all("au sous-sol" in r.body for r in relays)
    await bot.says(offer.mentions[0], "au grenier", room=bot.helpers, edit=said)
    assert all("au grenier" in r.body for r in bot.shown(kind="relay"))
    await bot.reacts(SAM, relays[1].event_id, "✅")
    assert [t.state for t in await bot.tickets()] == [State.ANSWERED, State.SOLVED]


async def test_a_twin_whose_question_is_taken_back_may_ask_by_itself(bot: BotTester) -> None:
    await asked(bot)
    await bot.says(SAM, AGAIN)
    await bot.says(LEA, "!annuler")
    waiting = bot.shown(kind="route")[-1]
    assert "🙋 oui" in waiting.body
    await bot.reacts(SAM, waiting.event_id, "🙋")
    assert (await bot.tickets())[1].state is State.ASKED


async def test_a_twin_may_be_asked_apart_at_once(bot: BotTester) -> None:
    await asked(bot)
    await bot.says(SAM, AGAIN)
    await bot.reacts(SAM, bot.last().event_id, "🙋")
    assert len(bot.shown(bot.helpers, kind="offer")) == 2


async def other_room(bot: BotTester, *, school: str, encrypted: bool = True) -> RoomId:
    """Make a second room, the first one being of the Collège Exemple."""
    other = bot.server.person(ANNE).create_room(encrypted=encrypted, invite=["@helpbot:test"])
    await bot.settle()
    setting = bot.running.setting
    rooms = {bot.school: RoomPolicy(school="Collège Exemple"), other: RoomPolicy(school=school)}
    setting.policy = replace(setting.policy, rooms=rooms)
    return other


async def test_a_twin_in_another_room_of_the_school_gets_the_answer_there(
    bot: BotTester,
) -> None:
    other = await other_room(bot, school="Collège Exemple")
    offer = await asked(bot)
    await bot.says(ANNE, AGAIN, room=other)
    assert "vous aurez la réponse en même temps" in bot.last(other).body
    assert "là où elle l’a posée" in bot.shown(bot.helpers)[0].body, (
        "who answers knows that it goes elsewhere"
    )
    assert len(bot.shown(bot.helpers)) == 1
    await bot.says(offer.mentions[0], "au sous-sol", room=bot.helpers, reply_to=offer.event_id)
    assert "au sous-sol" in bot.last().body
    assert "au sous-sol" in bot.last(other).body
    assert "Léa" not in bot.last(other).body


@pytest.mark.parametrize(
    ("school", "encrypted"), [("", True), ("Lycée Exemple", True), ("Collège Exemple", False)]
)
async def test_a_question_of_another_school_or_a_less_protected_room_is_not_joined(
    tmp_path: Path, clock: FakeClock, school: str, encrypted: bool
) -> None:
    async with BotTester(tmp_path, clock, encrypted=True) as bot:
        other = await other_room(bot, school=school, encrypted=encrypted)
        await asked(bot)
        await bot.says(ANNE, AGAIN, room=other)
        assert "demande à un·e collègue" in bot.last(other).body


async def test_a_solved_twin_is_shown_first_where_both_agreed(bot: BotTester) -> None:
    await solved(bot)
    await bot.says(SAM, AGAIN)
    shown = bot.last()
    assert "derrière la porte *rouge*" in shown.body
    assert "Vera" not in shown.body
    assert "Léa" not in shown.body
    await bot.reacts(SAM, shown.event_id, "✅")
    assert (await bot.tickets())[1].outcome is Outcome.TWIN
    assert len(bot.shown(bot.helpers)) == 1


@pytest.mark.parametrize(("asker", "helper"), [(True, False), (False, True), (False, False)])
async def test_without_both_agreeing_nothing_is_shown(
    tmp_path: Path, clock: FakeClock, asker: bool, helper: bool
) -> None:
    async with BotTester(tmp_path, clock) as bot:
        await solved(bot, asker=asker, helper=helper)
        await bot.says(SAM, AGAIN)
        assert "rouge" not in bot.last().body


async def test_what_does_not_answer_is_asked(bot: BotTester) -> None:
    await solved(bot)
    await bot.says(SAM, AGAIN)
    await bot.reacts(SAM, bot.last().event_id, "❌")
    assert "🙋 oui" in bot.last().body
    await bot.reacts(SAM, bot.last().event_id, "🙋")
    assert (await bot.tickets())[1].state is State.ASKED


async def test_an_answer_that_its_author_deleted_is_shown_no_more(bot: BotTester) -> None:
    offer, said = await solved(bot)
    await bot.deletes(offer.mentions[0], said, room=bot.helpers)
    await bot.says(SAM, AGAIN)
    assert "rouge" not in bot.last().body


async def test_an_answer_is_not_shown_in_a_room_that_is_less_protected(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path, clock, encrypted=True) as bot:
        await solved(bot)
        plain = bot.server.person(SAM).create_room(encrypted=False, invite=["@helpbot:test"])
        await bot.settle()
        await bot.says(SAM, AGAIN, room=plain)
        assert "rouge" not in bot.last(plain).body


async def test_an_answer_goes_wherever_it_was_shown_when_its_author_is_forgotten(bot: BotTester) -> None:
    offer, _ = await solved(bot)
    await bot.says(SAM, AGAIN)
    assert "rouge" in bot.last().body
    await bot.says(offer.mentions[0], "!oubliezmoi oui", room=bot.helpers)
    assert not any("rouge" in m.body for m in bot.shown())
    assert b"rouge" not in b"".join(p.read_bytes() for p in bot.folder.glob("helpbot.db*"))
    await bot.says(SAM, AGAIN)
    assert "rouge" not in bot.last().body
