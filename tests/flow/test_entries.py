"""The FAQ from the review room: found, shown, changed with a preview, taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from helpbot.adapters.faqfiles.load import load_faq
from helpbot.core.faq import FaqEntry
from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import ANNE, LEA, BotTester, small_faq

NBSP = "\u00a0"


@pytest.fixture
def bot(tmp_path: Path, clock: FakeClock, runner: asyncio.Runner) -> Iterator[BotTester]:
    """A bot with real FAQ files."""
    tester = BotTester(tmp_path, clock, files=True)
    runner.run(tester.start())
    yield tester
    runner.run(tester.stop())


async def asks(bot: BotTester, text: str) -> str:
    """Anne writes in the review room; returns what it answers."""
    await bot.says(ANNE, text, room=bot.review, to_bot=False)
    return bot.last(bot.review).body.replace(NBSP, " ")


async def approves(bot: BotTester) -> str:
    await bot.reacts(ANNE, bot.last(bot.review).event_id, "✅", room=bot.review)
    return bot.last(bot.review).body.replace(NBSP, " ")


def entry(bot: BotTester, name: str) -> FaqEntry:
    faq = load_faq(bot.faq_folder)
    return next(e for e in (*faq.entries, *faq.archived) if e.id == name)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("!faq chercher mdp pix perdu", "`pix-mdp`"),
        ("!faq cherche", "Que dois-je chercher"),
        ("!faq chercher zzzz", "Je ne trouve pas"),
        ("!faq voir pix-mdp", "Pix Orga"),
        ("!FAQ Voir PIX-MDP", "Pix Orga"),
        ("!faq montrer combien de place dans nuage", "100 Go"),
        ("!faq voir pix-mpd", "Pix Orga"),
        ("!faq liste", "Pix (2)"),
        ("!faq list pix", "pix-session"),
        ("!faq historique", "Rien encore"),
        ("!faq modifier", "Quelle fiche"),
        ("!faq modifier pix-mdp bof", "je n’ai pas compris « bof »"),
        ("!faq variante pix-mdp", "la formulation"),
        ("!faq", "!faq historique"),
        ("!faq zut", "!faq archiver"),
    ],
)
async def test_what_is_asked_is_shown(bot: BotTester, text: str, told: str) -> None:
    assert told in (await asks(bot, text)).replace("pix-mdp ", "`pix-mdp` ").replace("``", "`")


async def test_a_change_is_previewed_then_written_then_taken_back(bot: BotTester) -> None:
    before = (bot.faq_folder / "apps.yaml").read_bytes()
    card = await asks(
        bot, "!faq modifier apps-nuage\nréponse: **200 Go** par compte.\nvariante: stockage nuage"
    )
    assert "> 100 Go" in card
    assert "> 200 Go" in card
    assert "> taille du nuage" in card
    assert "> stockage nuage" in card
    assert (bot.faq_folder / "apps.yaml").read_bytes() == before, "nothing before ✅"
    assert "Modifiée et déjà en service" in await approves(bot)
    await bot.says(LEA, "combien de place dans nuage ?")
    assert "200 Go" in bot.last().body
    assert "modification" in await asks(bot, "!faq historique apps-nuage")
    assert "Annulé" in await asks(bot, "!faq anuler")
    assert (bot.faq_folder / "apps.yaml").read_bytes() == before
    history = await asks(bot, "!faq historique")
    assert "annulation" in history
    assert "(annulé depuis)" in history


async def test_a_card_shows_twins_and_what_says_otherwise(tmp_path: Path, clock: FakeClock) -> None:
    room = "L'assistance de la plateforme répond sous 8 jours ouvrés."
    other = FaqEntry("apps-aide", "apps", "Joindre l'assistance ?", room, variants=("délai assistance apps",))
    faq = replace(small_faq(), entries=(*small_faq().entries, other))
    async with BotTester(tmp_path, clock, faq=faq, files=True) as bot:
        card = await asks(
            bot,
            "!faq modifier pix-session\nvariante: délai de l'assistance apps\n"
            "réponse: L'assistance de la plateforme répond sous 15 jours ouvrés.",
        )
    assert "apps-aide demande presque la même chose" in card
    assert "apps-aide dit autre chose" in card
    assert "sous 8 jours" in card
    assert "apps-aide" not in card.partition("Proche de")[2].partition("\n")[0], "told already"


async def test_phrasings_are_added_and_known_ones_left(bot: BotTester) -> None:
    await asks(bot, "!faq variante apps-nuage : stockage nuage ; taille du nuage")
    await approves(bot)
    assert entry(bot, "apps-nuage").variants[-2:] == ("espace disque nuage", "stockage nuage")
    assert "Rien ne change" in (await asks(bot, "!faq modifier apps-nuage") and await approves(bot))


async def test_what_an_entry_never_answers_is_written_shown_and_taken_out_again(bot: BotTester) -> None:
    await asks(bot, "!faq modifier apps-nuage\njamais: combien de place dans nuage ; place de parking")
    assert "Modifiée" in await approves(bot)
    assert entry(bot, "apps-nuage").never == ("combien de place dans nuage", "place de parking")
    assert "Ne répond pas à : combien de place" in await asks(bot, "!faq voir apps-nuage")
    await bot.says(LEA, "combien de place dans nuage ?")
    assert "100 Go" not in bot.last().body
    await asks(bot, "!faq modifier apps-nuage\njamais: place de parking")
    await approves(bot)
    assert entry(bot, "apps-nuage").never == ("place de parking",)
    await bot.says(LEA, "combien de place dans nuage ?")
    assert "100 Go" in bot.last().body


async def test_an_archived_entry_answers_no_more_until_it_is_restored(bot: BotTester) -> None:
    assert "n’est pas archivée" in await asks(bot, "!faq rétablir apps-nuage")
    await asks(bot, "!faq archiver apps-nuage")
    assert "Archivée" in await approves(bot)
    await bot.says(LEA, "combien de place dans nuage ?")
    assert "100 Go" not in bot.last().body
    assert "Archivée le" in await asks(bot, "!faq voir apps-nuage")
    assert "déjà archivée" in await asks(bot, "!faq archiver apps-nuage")
    await asks(bot, "!faq rétablir apps-nuage")
    assert "Modifiée" in await approves(bot)
    await bot.says(LEA, "combien de place dans nuage ?")
    assert "100 Go" in bot.last().body


async def test_an_edit_by_hand_wins_and_the_card_comes_back_with_both(bot: BotTester) -> None:
    await asks(bot, "!faq modifier apps-nuage réponse: 200 Go.")
    card = bot.last(bot.review)
    path = bot.faq_folder / "apps.yaml"
    path.write_text(path.read_text("utf-8").replace("100 Go", "150 Go"), encoding="utf-8")
    await bot.reacts(ANNE, card.event_id, "✅", room=bot.review)
    told, again = (m.body.replace(NBSP, " ") for m in bot.shown(bot.review)[-2:])
    assert "Quelqu’un a modifié entre-temps, à la main : Réponse" in told
    assert "150 Go" in again
    assert "200 Go" in again
    assert "150 Go" in entry(bot, "apps-nuage").answer
    await approves(bot)
    assert entry(bot, "apps-nuage").answer == "200 Go."


async def test_only_referents_change_the_faq(bot: BotTester) -> None:
    await bot.says(LEA, "!faq archiver apps-nuage")
    assert "salon des référents" in bot.last().body
    direct = await bot.direct(ANNE)
    await bot.says(ANNE, "!faq voir apps-nuage", room=direct, to_bot=False)
    assert "100 Go" in bot.last(direct).body
