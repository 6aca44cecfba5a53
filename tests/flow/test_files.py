"""Pictures and files go both ways by their reference, also encrypted ones, and never too far."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from helpbot.core.ids import EventId, RoomId
from helpbot.core.tickets import State
from helpbot.testing.clock import FakeClock
from helpbot.testing.fakerooms import MESSAGE, Seen
from helpbot.testing.tester import LEA, UNKNOWN, BotTester

SEALED = {
    "url": "mxc://test/abc",
    "key": {"kty": "oct", "alg": "A256CTR", "k": "aGVsbG8", "ext": True, "key_ops": ["encrypt", "decrypt"]},
    "iv": "aXY",
    "hashes": {"sha256": "aGFzaA"},
    "v": "v2",
}


async def sends(
    bot: BotTester, user: str, room: RoomId, *, reply_to: EventId | None = None, **content: Any
) -> EventId:
    said = {"msgtype": "m.image", "body": "capture.png", "info": {"mimetype": "image/png", "w": 4}} | content
    if reply_to is not None:
        said["m.relates_to"] = {"m.in_reply_to": {"event_id": reply_to}}
    event = bot.server.person(user).send(room, MESSAGE, said)
    await bot.settle()
    return event


def media(bot: BotTester) -> dict[str, Any]:
    """What a client puts into a room of this kind: sealed in an encrypted one."""
    return {"file": SEALED} if bot.server.room(bot.school).encrypted else {"url": "mxc://test/abc"}


def pictures(bot: BotTester) -> list[Seen]:
    return [m for m in bot.shown(bot.helpers) if m.msgtype == "m.image"]


async def offered(bot: BotTester) -> Seen:
    await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    return bot.last(bot.helpers)


async def test_a_helpers_picture_is_the_answer(bot: BotTester) -> None:
    offer = await offered(bot)
    vera = offer.mentions[0]
    await sends(bot, vera, bot.helpers, reply_to=offer.event_id, **media(bot))
    relay = bot.last()
    assert relay.msgtype == "m.image"
    for key, value in media(bot).items():
        assert relay.content[key] == value
    assert relay.content["filename"] == "capture.png"
    assert "Réponse de" in relay.body
    assert relay.mentions == (LEA,)
    assert (await bot.tickets())[0].state is State.ANSWERED


async def test_a_caption_travels_with_it_and_may_be_edited(bot: BotTester) -> None:
    offer = await offered(bot)
    vera = offer.mentions[0]
    sent = await sends(
        bot,
        vera,
        bot.helpers,
        reply_to=offer.event_id,
        body="le bouton rouge",
        filename="photo.jpg",
        **media(bot),
    )
    assert "le bouton rouge" in bot.last().body
    new = {"msgtype": "m.image", "body": "le bouton vert", "filename": "photo.jpg", **media(bot)}
    bot.server.person(vera).send(
        bot.helpers,
        MESSAGE,
        new | {"m.new_content": new, "m.relates_to": {"rel_type": "m.replace", "event_id": sent}},
    )
    await bot.settle()
    assert "le bouton vert" in bot.last().body
    assert bot.last().msgtype == "m.image"
    assert media(bot).items() <= bot.last().content.items()
    await bot.deletes(vera, sent, room=bot.helpers)
    assert [m.msgtype for m in bot.shown() if m.msgtype == "m.image"] == []


async def test_an_askers_picture_waits_for_whoever_takes_the_question(bot: BotTester) -> None:
    offer = await offered(bot)
    status = bot.last()
    sent = await sends(bot, LEA, bot.school, reply_to=status.event_id, **media(bot))
    assert "recevra ce fichier" in bot.last().body
    assert pictures(bot) == []
    await bot.restart()
    await bot.reacts(offer.mentions[0], offer.event_id, "✋", room=bot.helpers)
    [copy] = pictures(bot)
    assert media(bot).items() <= copy.content.items()
    assert copy.mentions == offer.mentions
    assert "Léa" not in copy.body
    await bot.reacts(offer.mentions[0], offer.event_id, "⏭️", room=bot.helpers)
    second = bot.last(bot.helpers)
    assert second.mentions != offer.mentions
    await bot.reacts(second.mentions[0], second.event_id, "✋", room=bot.helpers)
    assert [m.mentions for m in pictures(bot)] == [offer.mentions, second.mentions]
    await bot.deletes(LEA, sent)
    assert pictures(bot) == []


async def test_a_picture_with_the_question_reaches_whoever_takes_it_and_nobody_before(bot: BotTester) -> None:
    words = {
        "body": f"@helpbot {UNKNOWN}",
        "filename": "capture.png",
        "m.mentions": {"user_ids": ["@helpbot:test"]},
    }
    await sends(bot, LEA, bot.school, **media(bot), **words)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    offer = bot.last(bot.helpers)
    assert pictures(bot) == []
    await bot.reacts(offer.mentions[0], offer.event_id, "✋", room=bot.helpers)
    [copy] = pictures(bot)
    assert media(bot).items() <= copy.content.items()


async def test_a_picture_that_its_author_takes_back_waits_no_more(bot: BotTester) -> None:
    offer = await offered(bot)
    sent = await sends(bot, LEA, bot.school, reply_to=bot.last().event_id, **media(bot))
    await bot.deletes(LEA, sent)
    await bot.reacts(offer.mentions[0], offer.event_id, "✋", room=bot.helpers)
    assert pictures(bot) == []


async def test_what_waited_and_may_not_go_where_the_helper_is_is_said(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path, clock, encrypted=False) as bot:
        offer = await offered(bot)
        await sends(bot, LEA, bot.school, reply_to=bot.last().event_id, file=SEALED)
        await bot.reacts(offer.mentions[0], offer.event_id, "✋", room=bot.helpers)
        assert pictures(bot) == []
        assert any("peux pas" in m.body for m in bot.shown())


async def test_five_wait_and_none_any_more_when_the_question_ends(bot: BotTester) -> None:
    await offered(bot)
    status = bot.last()
    for n in range(6):
        await sends(bot, LEA, bot.school, reply_to=status.event_id, **media(bot))
        assert ("déjà plusieurs" in bot.last().body) is (n == 5)
    [ticket] = await bot.tickets()
    assert len(await bot.running.store.run(lambda tx: tx.held(ticket.id))) == 5
    await bot.says(LEA, "!annuler")
    assert (await bot.tickets())[0].ended
    assert await bot.running.store.run(lambda tx: tx.held(ticket.id)) == []


async def test_an_askers_picture_reaches_the_helper_who_is_there(bot: BotTester) -> None:
    offer = await offered(bot)
    status = bot.last()
    await bot.reacts(offer.mentions[0], offer.event_id, "✋", room=bot.helpers)
    sent = await sends(bot, LEA, bot.school, reply_to=status.event_id, **media(bot))
    copy = bot.last(bot.helpers)
    assert copy.msgtype == "m.image"
    assert media(bot).items() <= copy.content.items()
    assert copy.mentions == offer.mentions
    assert "Léa" not in copy.body
    await bot.deletes(LEA, sent)
    assert all(m.msgtype != "m.image" for m in bot.shown(bot.helpers))


async def test_a_sealed_file_is_not_shown_in_a_room_without_encryption(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path, clock, encrypted=False, volunteers=("@vera:test",)) as bot:
        room = await bot.direct("@vera:test", encrypted=True)
        await bot.says(LEA, UNKNOWN)
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        offer = bot.last(room)
        await sends(bot, "@vera:test", room, reply_to=offer.event_id, file=SEALED)
        assert "peux pas" in bot.last(room).body
        assert all(m.msgtype != "m.image" for m in bot.shown())
        assert "aGVsbG8" not in repr([m.content for m in bot.shown()])
        assert (await bot.tickets())[0].state is State.ASKED


async def test_a_picture_that_answers_nothing_is_not_taken_for_a_question(bot: BotTester) -> None:
    room = await bot.direct(LEA)
    await sends(bot, LEA, room, url="mxc://test/abc")
    assert "que du texte" in bot.last(room).body


async def test_what_is_no_reference_to_a_file_is_not_passed_on(bot: BotTester) -> None:
    offer = await offered(bot)
    for broken in ({"url": "https://exemple.fr/a.png"}, {"file": {"url": "mxc://test/abc"}}, {"file": 3}):
        await sends(bot, offer.mentions[0], bot.helpers, reply_to=offer.event_id, **broken)
    assert bot.kinds() == ["status"]
    assert (await bot.tickets())[0].state is State.ASKED
