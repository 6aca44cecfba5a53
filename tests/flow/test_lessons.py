"""Volunteers are not asked while they teach: learned from what they do, shown, forgotten on a word."""

from __future__ import annotations

from helpbot.core.habits import Habits
from helpbot.testing.tester import LEA, UNKNOWN, VOLUNTEERS, BotTester

VERA = VOLUNTEERS[0]
NBSP = "\u00a0"


async def alone(bot: BotTester) -> None:
    """Leave Vera as the only one who may be asked."""
    for other in VOLUNTEERS[1:]:
        await bot.says(other, "!pause 3 mois", room=bot.helpers, to_bot=False)


async def says(bot: BotTester, text: str) -> str:
    await bot.says(VERA, text, room=bot.helpers, to_bot=False)
    return bot.last(bot.helpers).body.replace(NBSP, " ")


async def ask(bot: BotTester, text: str) -> None:
    await bot.says(LEA, text)
    await bot.reacts(LEA, bot.last().event_id, "🙋")


def offers(bot: BotTester) -> list[str]:
    return [m.event_id for m in bot.shown(bot.helpers, kind="offer") if m.mentions]


async def known_of(bot: BotTester) -> Habits | None:
    row = await bot.running.store.run(lambda tx: tx.listed(VERA))
    assert row is not None
    return row.habits


async def teaches_on_mondays_at_nine(bot: BotTester) -> None:
    """Let Vera be asked at 9 o'clock on a Monday, and react at half past ten."""
    await ask(bot, UNKNOWN)
    await bot.advance(minutes=90)
    [offer] = offers(bot)
    await bot.reacts(VERA, offer, "✋", room=bot.helpers)
    await bot.says(VERA, "au sous-sol", room=bot.helpers, reply_to=offer)


async def test_who_reacted_after_the_lesson_is_asked_after_the_lesson(bot: BotTester) -> None:
    await alone(bot)
    assert "J’apprends de vos réactions" in await says(bot, "!volontaire")
    await teaches_on_mondays_at_nine(bot)
    assert (await known_of(bot)) == Habits(2026, ((9, -30), (10, 5)))
    await bot.advance(hours=7 * 24 - 1.5)
    card = await says(bot, "!volontaire")
    assert "9h" not in card, "all volunteers read it"
    direct = await bot.direct(VERA)
    await bot.says(VERA, "!volontaire", room=direct, to_bot=False)
    card = bot.last(direct).body.replace(NBSP, " ")
    assert "Vous semblez avoir cours : lun 9h-10h." in card
    assert "Prochaine sollicitation possible : à 9 h 55" in card
    await ask(bot, f"{UNKNOWN} et le radiateur")
    assert bot.shown(direct, kind="offer") == []
    assert "Personne n’est disponible pour l’instant" in bot.last().body
    await bot.advance(minutes=60)
    assert len(bot.shown(direct, kind="offer")) == 1


async def test_habits_are_forgotten_on_a_word_and_learned_no_more(bot: BotTester) -> None:
    await alone(bot)
    await teaches_on_mondays_at_nine(bot)
    card = await says(bot, "!dispo sans habitudes")
    assert "ce que j’avais appris est oublié" in card
    assert "Je n’apprends pas à quelles heures vous avez cours" in card
    assert await known_of(bot) is None
    await bot.advance(hours=24)
    await ask(bot, f"{UNKNOWN} et le radiateur")
    await bot.reacts(VERA, offers(bot)[-1], "⏭️", room=bot.helpers)
    assert await known_of(bot) is None
    assert "J’apprends de vos réactions" in await says(bot, "!dispo avec habitudes")
    await bot.advance(hours=24)
    await ask(bot, f"{UNKNOWN} et la chaudière")
    await bot.reacts(VERA, offers(bot)[-1], "⏭️", room=bot.helpers)
    assert await known_of(bot) is not None


async def test_habits_of_a_school_year_that_is_over_are_forgotten(bot: BotTester) -> None:
    await alone(bot)
    await teaches_on_mondays_at_nine(bot)
    assert "habits" not in await bot.sweep()
    bot.clock.advance(days=330)
    assert (await bot.sweep())["habits"] == 1
    assert await known_of(bot) is None
    assert "habits" not in await bot.sweep()
