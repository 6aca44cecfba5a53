"""What the FAQ lacks, what it may learn, what grew old: asked for, and once a week."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from helpbot.adapters.faqfiles.load import load_faq
from helpbot.core.faq import FaqEntry
from helpbot.core.gaps.values import GapReport, Unanswered
from helpbot.core.ids import UserId
from helpbot.testing.clock import FakeClock
from helpbot.testing.fakerooms import ACCESS_RULES
from helpbot.testing.tester import ANNE, LEA, PASSWORD, SAM, BotTester, small_faq

VERA = "@vera:test"
NBSP = "\u00a0"
GYM = (
    "comment régler le thermostat du gymnase ?",
    "le thermostat du gymnase ne marche pas",
    "bjr qui sait régler le thermostat au gymnase svp",
    "thermostat gymnase réglage",
    "régler le thermostat dans le gymnase",
)
ASKERS = (LEA, SAM, "@noe:test", "@ida:test", "@zoe:test")


def said(bot: BotTester) -> list[str]:
    return [m.body.replace(NBSP, " ") for m in bot.shown(bot.review)]


@pytest.fixture
def bot(tmp_path: Path, clock: FakeClock, runner: asyncio.Runner) -> Iterator[BotTester]:
    """A bot with real FAQ files, one volunteer, and more teachers in the school's room."""
    tester = BotTester(tmp_path, clock, volunteers=(VERA,), files=True)
    for user in ASKERS[2:]:
        tester.server.person(LEA).invite(tester.school, user)  # type: ignore[arg-type]
        tester.server.person(user).join(tester.school)
    runner.run(tester.start())
    yield tester
    runner.run(tester.stop())


async def asked(bot: BotTester, many: int) -> None:
    for user, text in zip(ASKERS[:many], GYM, strict=False):
        await bot.says(user, text)


async def test_what_is_missing_is_told_and_small_figures_are_withheld(bot: BotTester) -> None:
    await bot.says(ANNE, "!lacunes", room=bot.review, to_bot=False)
    assert "Aucune lacune" in said(bot)[-1]
    await asked(bot, 4)
    await bot.says(ANNE, "!lacunes", room=bot.review, to_bot=False)
    assert "thermostat" in said(bot)[-1]
    assert "4 questions" not in said(bot)[-1]
    await bot.says(ASKERS[4], GYM[4])
    await bot.says(ANNE, "!lacunne", room=bot.review, to_bot=False)
    assert "Je ne connais pas" in said(bot)[-1]
    await bot.says(ANNE, "!lacunes", room=bot.review, to_bot=False)
    assert "(5 questions)" in said(bot)[-1]
    await bot.says(LEA, "!lacunes")
    assert "salon des référents" in bot.last().body


async def test_three_questions_of_three_people_propose_themselves_once(bot: BotTester) -> None:
    await asked(bot, 2)
    await bot.advance(days=7)
    assert not any("Il manque une fiche" in text for text in said(bot))
    await bot.says(ASKERS[2], GYM[2])
    await bot.advance(days=7)
    [card] = [text for text in said(bot) if "Il manque une fiche" in text]
    assert "thermostat" in card
    assert "la réponse" in card
    for name in ("Léa", "Sam", "bjr"):
        assert name not in card
    [week] = [text for text in said(bot) if "La semaine de la FAQ" in text][-1:]
    assert "thermostat" in week
    await bot.advance(days=7)
    assert len([text for text in said(bot) if "Il manque une fiche" in text]) == 1


async def test_a_human_answer_drafts_it_once_its_author_agrees(bot: BotTester) -> None:
    direct = await bot.direct(VERA)
    await asked(bot, 2)
    await bot.says(ASKERS[2], GYM[2])
    await bot.reacts(ASKERS[2], bot.last().event_id, "🙋")
    offer = bot.shown(direct, kind="offer")[-1]
    await bot.says(VERA, "Tournez la molette vers la droite.", room=direct, reply_to=offer.event_id)
    await bot.advance(days=7)
    assert "Comment vous citer" in bot.last(direct).body
    assert not any("molette" in text for text in said(bot))
    await bot.says(VERA, "1", room=direct, to_bot=False)
    card = said(bot)[-1]
    assert "molette" in card
    assert "Merci à Vera Dupont" in card


async def confirmed(bot: BotTester, *texts: str) -> None:
    for text in texts:
        await bot.says(LEA, text)
        await bot.reacts(LEA, bot.last().event_id, "✅")


async def test_confirmed_phrasings_come_in_groups_and_one_tap_takes_them(bot: BotTester) -> None:
    await confirmed(bot, PASSWORD, "mon élève a perdu son mdp pix orga")
    await bot.advance(days=7)
    assert not any("Ce que vos collègues ont" in text for text in said(bot)), "never one by one"
    await confirmed(bot, "taille du nuage svp ?", "quel quota dans nuage apps", "perdu mdp pix d'un élève")
    await bot.advance(days=7)
    [card] = [m for m in bot.shown(bot.review) if "Ce que vos collègues ont" in m.body]
    assert "mon eleve a perdu" in card.body
    assert "taille du nuage" not in card.body, "it is known already"
    await bot.reacts(ANNE, card.event_id, "✅", room=bot.review)
    variants = [v for e in load_faq(bot.faq_folder).entries for v in e.variants]
    assert "quel quota dans nuage apps" in variants
    await bot.advance(days=7)
    assert len([text for text in said(bot) if "Ce que vos collègues ont" in text]) == 1


async def test_what_was_refused_is_shown_and_not_answered_any_more(bot: BotTester) -> None:
    texts = ("mon élève a perdu son mdp pix orga", "quel quota dans nuage apps")
    for text in texts:
        await bot.says(LEA, text)
        assert bot.last().helpbot["kind"] == "answer"
        await bot.reacts(LEA, bot.last().event_id, "❌")
    await bot.advance(days=7)
    [card] = [m for m in bot.shown(bot.review) if "Ce que vos collègues ont" in m.body]
    assert f"❌ ne répond pas à{NBSP}: quel quota dans nuage apps" in card.body
    await bot.reacts(ANNE, card.event_id, "✅", room=bot.review)
    assert [v for e in load_faq(bot.faq_folder).entries for v in e.never]
    await bot.says(SAM, texts[1])
    assert bot.last().helpbot["kind"] != "answer"


async def test_some_of_them_may_be_left_out(bot: BotTester) -> None:
    await confirmed(bot, "mon élève a perdu son mdp pix orga", "quel quota dans nuage apps")
    await bot.advance(days=7)
    [card] = [m for m in bot.shown(bot.review) if "Ce que vos collègues ont" in m.body]
    out = 1 if "**1**" in card.body else 2
    before = load_faq(bot.faq_folder)
    await bot.says(ANNE, f"sauf {out}", room=bot.review, reply_to=card.event_id)
    after = load_faq(bot.faq_folder)
    assert sum(len(e.variants) for e in after.entries) == sum(len(e.variants) for e in before.entries) + 1


def old_faq() -> list[FaqEntry]:
    faq = small_faq()
    first, *rest = faq.entries
    return [replace(first, owner=VERA, reviewed=date(2025, 9, 1), review_by=date(2026, 9, 1)), *rest]


async def test_an_old_entry_goes_to_its_owner_then_to_the_referents(tmp_path: Path, clock: FakeClock) -> None:
    faq = replace(small_faq(), entries=tuple(old_faq()))
    async with BotTester(tmp_path, clock, faq=faq, volunteers=(VERA,), files=True) as bot:
        direct = await bot.direct(VERA)
        await bot.says(LEA, PASSWORD)
        assert "à vérifier" in bot.last().body, "and its reader is told"
        await bot.advance(days=7)
        card = bot.last(direct)
        assert "sa date de relecture est passée" in card.body
        assert card.mentions == (VERA,)
        assert not any("À relire" in text for text in said(bot))
        await bot.advance(days=7)
        assert "À relire" in said(bot)[-1]
        await bot.reacts(VERA, card.event_id, "✅", room=direct)
        assert bot.last(direct).event_id == card.event_id, "it is in other hands now"
        await bot.reacts(ANNE, bot.last(bot.review).event_id, "✅", room=bot.review)
        [entry] = [e for e in load_faq(bot.faq_folder).entries if e.id == "pix-mdp"]
        today = bot.policy.calendar.local(clock.now()).date()
        assert entry.reviewed == today
        await bot.advance(days=7)
        assert len([text for text in said(bot) if "À relire" in text]) == 1


async def test_a_source_that_is_gone_two_weeks_running(tmp_path: Path, clock: FakeClock) -> None:
    asked: list[str] = []

    async def links(urls: object) -> frozenset[str]:
        asked.extend(urls)  # type: ignore[arg-type]
        return frozenset({"https://support.pix.fr"})

    async with BotTester(tmp_path, clock, files=True, links=links) as bot:
        await bot.advance(days=7)
        assert not any("À relire" in text for text in said(bot))
        await bot.advance(days=7)
        assert any("cette adresse ne répond plus : https://support.pix.fr" in text for text in said(bot))
        assert asked == ["https://support.pix.fr"] * 4


async def test_a_share_of_refusals_that_rose(bot: BotTester) -> None:
    for user in ASKERS:
        await bot.says(user, PASSWORD)
        await bot.reacts(user, bot.last().event_id, "❌")
        await bot.says(user, "!annuler")
    await bot.advance(days=7)
    assert any("elle reçoit plus de ❌ qu’avant" in text for text in said(bot))


async def test_the_week_is_told_once_over_a_restart(bot: BotTester) -> None:
    await asked(bot, 3)
    bot.clock.advance(days=7)
    await bot.restart()
    await bot.restart()
    assert len([text for text in said(bot) if "La semaine de la FAQ" in text]) == 1


async def test_the_words_of_old_questions_still_tell_what_is_missing(bot: BotTester) -> None:
    for user, text in zip(ASKERS, GYM, strict=True):
        await bot.says(user, text)
    await bot.says(LEA, PASSWORD)
    await bot.advance(days=40)
    gone = await bot.sweep()
    assert gone["tickets"] >= 5
    kept = [t.words for _, t in await bot.running.store.run(lambda tx: tx.topics("2026-01", limit=99))]
    assert len(kept) == 5
    assert all(words == " ".join(sorted(words.split())) for words in kept), "in no order that anybody wrote"
    assert all("mot" not in words.split() for words in kept), "what the FAQ answered leaves nothing"
    await bot.says(ANNE, "!lacunes", room=bot.review, to_bot=False)
    assert "thermostat" in said(bot)[-1]
    assert "questions)" not in said(bot)[-1], "nobody can tell any more how many people that was"
    assert "dont il ne reste que les mots" in said(bot)[-1], "words in no order are no question"
    await bot.advance(days=400)
    await bot.sweep()
    assert await bot.running.store.run(lambda tx: tx.topics("2026-01", limit=99)) == []


@pytest.mark.parametrize("how", ["opened", "deleted"])
async def test_what_may_not_be_shown_any_more_when_it_is_worked_out_is_left_out(
    bot: BotTester, how: str
) -> None:
    """It takes seconds in another process: meanwhile the review room opens, or a question is taken back."""
    asked_by_lea = await bot.says(LEA, GYM[0])
    for user, text in zip(ASKERS[1:3], GYM[1:3], strict=True):
        await bot.says(user, text)
    surveyor = bot.running.surveyor
    assert surveyor is not None
    work = surveyor.gaps

    async def slow(questions: Sequence[Unanswered]) -> GapReport | None:
        report = await work(questions)
        assert report is not None
        assert "thermostat" in report.gaps[0].label
        if how == "opened":
            rule = {"rule": "unrestricted"}
            bot.server.accept(bot.server.room(bot.review), UserId(ANNE), ACCESS_RULES, rule, state_key="")
        else:
            bot.server.person(LEA).redact(bot.school, asked_by_lea)
        bot.running.surveyor = None  # one survey at a time
        await bot.settle()
        return report

    bot.running.surveyor = replace(surveyor, gaps=slow)
    await bot.says(ANNE, "!lacunes", room=bot.review, to_bot=False)
    assert "thermostat" not in said(bot)[-1]


async def test_a_confirmed_phrasing_that_another_entry_nearly_has_is_told_as_such(bot: BotTester) -> None:
    await confirmed(bot, PASSWORD, "mon élève a perdu son mdp pix orga")
    await confirmed(bot, "quel quota dans nuage apps", "perdu mdp pix d'un élève")
    with (bot.faq_folder / "pix.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "  - {id: pix-orga-autre, question: Quel est le quota dans Nuage apps ?, answer: Aucun.}\n"
        )
    await bot.reload()
    await bot.advance(days=7)
    [card] = [m for m in bot.shown(bot.review) if "Ce que vos collègues ont" in m.body]
    assert "⚠️ pix-orga-autre demande presque la même chose" in card.body
    assert card.body.count("⚠️") == 1, "the others are nobody's twins"
