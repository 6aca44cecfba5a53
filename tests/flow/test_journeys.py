"""`!monparcours`: one's own, in private, and kept only for who asked for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from helpbot.core.faq import Faq
from helpbot.core.routing import Caps
from helpbot.core.tickets import Plan
from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import LEA, SAM, UNKNOWN, BotTester, small_faq

VERA = "@vera:test"


def tagged_faq() -> Faq:
    faq = small_faq()
    entries = tuple(replace(e, crcn_edu=("1.2",)) if e.theme == "pix" else e for e in faq.entries)
    return replace(faq, entries=entries, titles=(("pix", "Pix en classe"),))


@pytest.fixture
def bot(tmp_path: Path, clock: FakeClock, runner: asyncio.Runner) -> Iterator[BotTester]:
    """A bot with one volunteer."""
    plan = Plan(caps=Caps(50, 50, 50))
    tester = BotTester(tmp_path, clock, faq=tagged_faq(), volunteers=(VERA,), plan=plan)
    runner.run(tester.start())
    yield tester
    runner.run(tester.stop())


async def helped(bot: BotTester, asker: str, *, thanks: bool) -> None:
    """Somebody asks about Pix, Véra answers in her direct message."""
    await bot.says(asker, UNKNOWN)
    await bot.reacts(asker, bot.last().event_id, "🙋")
    [ticket] = [t for t in await bot.tickets() if not t.ended and t.helper is None]
    await bot.running.store.run(lambda tx: tx.save_ticket(replace(ticket, theme="pix")))
    direct = (await bot.running.store.run(lambda tx: tx.direct_room(VERA))).room
    offer = bot.shown(direct, kind="offer")[-1]
    await bot.says(VERA, "derrière la porte", room=direct, reply_to=offer.event_id)
    if thanks:
        await bot.reacts(asker, bot.shown(kind="relay")[-1].event_id, "✅")
    else:
        await bot.advance(days=10)  # it closes by itself


async def told(bot: BotTester, command: str, user: str = VERA) -> str:
    room = (await bot.running.store.run(lambda tx: tx.direct_room(user))).room
    await bot.says(user, command, room=room)
    return bot.last(room).body


async def test_it_tells_answers_thanks_themes_levels_competences_and_months(bot: BotTester) -> None:
    await bot.direct(VERA)
    await helped(bot, LEA, thanks=True)
    await helped(bot, SAM, thanks=False)
    body = await told(bot, "!monparcours")
    for words in (
        "2 réponses",
        "Remerciements\u00a0: 1",
        "Pix en classe (2)",
        "collège",
        "1.2",
        "septembre\u00a02026",
    ):
        assert words in body
    for name in ("Léa", "lea", "Sam", "sam:"):
        assert name not in body


async def test_it_is_told_in_private_wherever_it_was_asked(bot: BotTester) -> None:
    direct = await bot.direct(VERA)
    await helped(bot, LEA, thanks=True)
    await bot.says(VERA, "!monparcours", room=bot.helpers)
    assert "1 réponse donnée" in bot.last(direct).body
    assert not any("réponse donnée" in m.body for m in bot.shown(bot.helpers))
    await bot.says(SAM, "!monparcours")
    assert "message direct" in bot.last().body
    await bot.direct(SAM)
    assert "encore vide" in await told(bot, "!monparcours", SAM)


@pytest.mark.parametrize("wanted", ["!monparcours garder", ""])
async def test_it_outlasts_the_log_only_where_somebody_asked_for_it(bot: BotTester, wanted: str) -> None:
    await bot.direct(VERA)
    await helped(bot, LEA, thanks=True)
    if wanted:
        assert "sera gardé" in await told(bot, wanted)
    await bot.advance(days=200)
    await bot.sweep()
    await bot.sweep()
    assert (await bot.totals()).ended == {}
    body = await told(bot, "!monparcours")
    assert ("1 réponse donnée" in body) is bool(wanted)
    await helped(bot, SAM, thanks=False)
    assert ("2 réponses" in await told(bot, "!monparcours")) is bool(wanted)
    assert "effacé" in await told(bot, "!monparcours effacer")
    assert "1 réponse donnée" in await told(bot, "!monparcours"), "the log still has one"
    await bot.advance(days=200)
    await bot.sweep()
    assert "encore vide" in await told(bot, "!monparcours")


async def test_what_is_kept_names_nobody_but_a_pseudonym(bot: BotTester) -> None:
    await bot.direct(VERA)
    await helped(bot, LEA, thanks=True)
    await told(bot, "!monparcours garder")
    await bot.advance(days=200)
    await bot.sweep()
    alias = bot.running.setting.alias(VERA)
    [step] = await bot.running.store.run(lambda tx: tx.journey(alias))
    assert (step.theme, step.answers, step.thanks) == ("pix", 1, 1)
    assert "vera" not in alias
