"""What is past its time goes in small steps, and what was cut short is taken up again."""

from __future__ import annotations

from helpbot.core.spans import DAY
from helpbot.ports import Tx
from helpbot.testing.tester import LEA, PASSWORD, SAM, UNKNOWN, BotTester
from helpbot.testing.whatstands import still_sent


async def test_arrears_go_in_small_steps(bot: BotTester) -> None:
    for _ in range(7):
        await bot.says(LEA, PASSWORD)
    bot.clock.advance(days=120)
    past = bot.clock.now() - 90 * DAY

    def three(tx: Tx) -> dict[str, int]:
        return tx.forget(
            sealed_before=past,
            inbox_before=past,
            unsolved_before=past,
            solved_before=past,
            sensitive_before=past,
            help_log_before=past,
            limit=3,
        )

    gone = await bot.running.store.run(three)
    assert (gone["tickets"], gone["inbox"]) == (3, 3)
    assert len(await bot.tickets()) == 4  # as if it had been cut short here
    assert (await bot.sweep())["tickets"] == 4
    assert await bot.tickets() == []
    assert set((await bot.sweep()).values()) == {0}


async def helped(bot: BotTester) -> str:
    """Léa asks, somebody answers, the FAQ answers Sam; returns the reference of Léa's question."""
    await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    offer = bot.shown(bot.helpers, kind="offer")[-1]
    [helper] = offer.content["m.mentions"]["user_ids"]
    await bot.reacts(helper, offer.event_id, "✋", room=bot.helpers)
    await bot.says(helper, "au sous-sol, à gauche", room=bot.helpers, reply_to=offer.event_id)
    await bot.says(SAM, PASSWORD)
    [ticket] = [t for t in await bot.tickets() if t.text == UNKNOWN]
    return ticket.ref


def carry(bot: BotTester, words: str) -> list[str]:
    return [m.body for room in (bot.school, bot.helpers) for m in bot.shown(room) if words in m.body]


async def test_relayed_copies_leave_the_rooms_with_their_text(bot: BotTester) -> None:
    await helped(bot)
    subject = "thermostat"
    assert subject in UNKNOWN
    assert carry(bot, "au sous-sol")
    bot.clock.advance(days=29)
    await bot.sweep()
    assert carry(bot, "au sous-sol"), "its time is not over"
    bot.clock.advance(days=70)
    gone = await bot.sweep()
    assert gone["copies"] >= 2, "the offer and the answer"
    assert still_sent(bot, "au sous-sol") == []
    assert still_sent(bot, subject) == [], "no edit either, such as « Réponse transmise »"
    assert "Pix Orga" in bot.shown(kind="answer")[-1].body, "what the FAQ says is nobody's words"
    bot.clock.advance(days=91)
    await bot.sweep()
    left = await bot.running.store.run(lambda tx: tx.backlog())
    assert left.outbox_waiting == 0
    assert (await bot.sweep())["copies"] == 0


async def test_a_crash_before_they_are_deleted_forgets_none(bot: BotTester) -> None:
    await helped(bot)
    bot.clock.advance(days=99)
    await bot.running.sweep()
    assert carry(bot, "au sous-sol"), "it was to be deleted, and the program died"
    await bot.running.sweep()
    await bot.restart()
    assert carry(bot, "au sous-sol") == []
