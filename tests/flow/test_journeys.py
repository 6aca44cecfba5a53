"""`!monparcours`: one's own, in private, and kept only for who asked for it."""

from __future__ import annotations

import asyncio
import html
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpbot.core.badges import Issuer
from helpbot.core.faq import Faq
from helpbot.core.routing import Caps
from helpbot.core.tickets import Plan
from helpbot.flow.setting import Badges
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


async def helped_once(bot: BotTester) -> None:
    await bot.direct(VERA)
    await helped(bot, LEA, thanks=True)


async def newcomer(bot: BotTester) -> str:
    """Somebody with a direct message who has not helped anybody."""
    await bot.direct(SAM)
    return SAM


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
    opened = (await bot.running.store.run(lambda tx: tx.direct_room(SAM))).room
    assert "encore vide" in bot.last(opened).body
    assert not any("encore vide" in m.body for m in bot.shown())


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


async def test_it_comes_in_files_into_the_direct_message_only(bot: BotTester) -> None:
    await helped_once(bot)
    await bot.says(VERA, "!monparcours fichier", room=bot.helpers)
    direct = (await bot.running.store.run(lambda tx: tx.direct_room(VERA))).room
    files = [m for m in bot.shown(direct) if m.content["msgtype"] == "m.file"]
    assert "deux fichiers" in files[0].body
    assert [m.content["filename"] for m in files] == ["parcours-2026-09-28.md", "parcours-2026-09-28.html"]
    text, page = (bot.server.files[m.content["file"]["url"]][2].decode() for m in files)
    for words in ("Vera Dupont", "1 réponse donnée", "Pix en classe (1)", "28\u00a0septembre\u00a02026"):
        assert words in text
        assert words in html.unescape(page)
    assert "<h1>Mon parcours d’entraide</h1>" in page
    assert "default-src 'none'" in page
    assert "Léa" not in text + page
    assert not any(m.content["msgtype"] == "m.file" for m in bot.shown(bot.helpers))


async def test_a_badge_is_made_on_request_and_kept_nowhere(bot: BotTester) -> None:
    await helped_once(bot)
    assert "Aucun badge" in await told(bot, "!monparcours badge")
    assert "badge" not in await told(bot, "!monparcours")
    signed: list[dict[str, Any]] = []

    def sign(claims: dict[str, Any]) -> str:
        signed.append(claims)
        return "header.payload.signature"

    bot.running.setting.badges = Badges(Issuer("https://drane.exemple.fr", "DRANE d’exemple"), sign)
    assert "!monparcours badge" in await told(bot, "!monparcours")
    await told(bot, "!monparcours badge")
    direct = (await bot.running.store.run(lambda tx: tx.direct_room(VERA))).room
    file = bot.shown(direct)[-1]
    assert "DRANE d’exemple" in file.body
    assert file.content["filename"] == "badge-entraide-2026-09-28.jwt"
    [claims] = signed
    assert "1 réponse donnée" in claims["credentialSubject"]["narrative"]
    assert (claims["validFrom"], claims["nbf"] * 1000) == ("2026-09-28T07:00:00Z", bot.clock.now())
    with closing(sqlite3.connect(bot.folder / "helpbot.db")) as db:
        kept = "".join(content for (content,) in db.execute("SELECT content FROM outbox"))
    assert "header.payload.signature" not in kept
    assert "encore vide" in await told(bot, "!monparcours badge", await newcomer(bot))


async def test_what_is_kept_is_told_and_forgotten_with_the_rest(bot: BotTester) -> None:
    await helped_once(bot)
    await told(bot, "!monparcours garder")
    await bot.advance(days=200)
    await bot.sweep()
    direct = (await bot.running.store.run(lambda tx: tx.direct_room(VERA))).room
    alias = bot.running.setting.alias(VERA)
    await bot.says(VERA, "!mesdonnees", room=direct)
    data = bot.server.files[bot.last(direct).content["file"]["url"]][-1].decode()
    assert '"journeys"' in data
    assert '"journey_wishes"' in data
    await bot.says(VERA, "!oubliezmoi oui", room=direct)
    assert await bot.running.store.run(lambda tx: (tx.journey(alias), tx.keeps_journey(alias))) == ([], False)
