"""What the FAQ knows: answered, asked back, redirected; and what the bot leaves alone."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

import pytest

from helpbot.adapters.faqsite import pages
from helpbot.testing.tester import ANNE, BOT, LEA, PASSWORD, SAM, SESSION, UNKNOWN, BotTester


async def test_a_question_is_answered_once_with_one_event(bot: BotTester) -> None:
    question = await bot.says(LEA, f"helpbot: {PASSWORD}")
    [answer] = bot.shown()
    assert answer.content["fr.helpbot"] == {
        "kind": "answer",
        "question": question,
        "entry": "pix-mdp",
        "ticket": answer.content["fr.helpbot"]["ticket"],
    }
    assert answer.msgtype == "m.notice"
    assert answer.reply_to == question
    assert "Pix Orga" in answer.body
    assert "<strong>Pix Orga</strong>" in answer.html
    assert "Aide Pix" in answer.body
    assert "Ça vous aide" in answer.body


@pytest.mark.parametrize("sign", ["✅", "👍", "👍🏽", "oui", "merci"])
async def test_a_tick_ends_the_question_silently(bot: BotTester, sign: str) -> None:
    await bot.says(LEA, PASSWORD)
    answer = bot.last()
    if len(sign) < 3:
        await bot.reacts(LEA, answer.event_id, sign)
    else:
        await bot.says(LEA, sign, reply_to=answer.event_id)
    assert bot.kinds() == ["answer"]
    totals = await bot.totals()
    assert totals.ended == {"faq": 1}
    assert totals.feedback["yes"].count == 1


async def test_a_colleagues_tick_does_not_count(bot: BotTester) -> None:
    await bot.says(LEA, PASSWORD)
    await bot.reacts(SAM, bot.last().event_id, "✅")
    assert (await bot.totals()).ended == {}


async def test_a_cross_offers_the_next_answer_or_a_human(bot: BotTester) -> None:
    await bot.says(LEA, PASSWORD)
    await bot.says(LEA, "❌", to_bot=False)
    assert bot.kinds() in (["answer", "clarify"], ["answer", "route"])
    if bot.kinds()[-1] == "clarify":
        await bot.says(LEA, "0", to_bot=False)
    assert bot.kinds() == ["answer", "route"]
    assert "collègue" in bot.last().body


async def test_words_that_are_not_for_the_bot_are_not_stored(bot: BotTester) -> None:
    await bot.says(LEA, "on se voit à midi ?", to_bot=False)
    await bot.says(SAM, "oui", to_bot=False)
    await bot.says(SAM, "1", to_bot=False)
    assert bot.shown() == []
    dump = (bot.folder / "helpbot.db").read_bytes() + (bot.folder / "helpbot.db-wal").read_bytes()
    assert b"midi" not in dump


async def test_notices_and_programs_are_ignored(bot: BotTester) -> None:
    await bot.says(LEA, PASSWORD, msgtype="m.notice")
    assert bot.shown() == []


@pytest.mark.parametrize(
    "text", ["helpbot {q}", "@helpbot {q}", "@helpbot:test {q}", "bonjour helpbot, {q}", "!aide {q}"]
)
async def test_every_way_of_calling_the_bot(bot: BotTester, text: str) -> None:
    await bot.says(LEA, text.format(q=PASSWORD), to_bot=False)
    assert bot.kinds() == ["answer"]


async def test_a_pill_calls_the_bot(bot: BotTester) -> None:
    html = f'<a href="https://matrix.to/#/{BOT}">le robot</a> {PASSWORD}'
    await bot.says(LEA, f"le robot {PASSWORD}", to_bot=False, html=html)
    assert bot.kinds() == ["answer"]


async def test_a_direct_message_needs_no_mention(bot: BotTester) -> None:
    room = await bot.direct(SAM)
    await bot.says(SAM, PASSWORD, room=room, to_bot=False)
    assert bot.kinds(room) == ["answer"]


async def test_an_edit_edits_the_answer(bot: BotTester) -> None:
    question = await bot.says(LEA, PASSWORD)
    await bot.says(LEA, SESSION, edit=question)
    [answer] = bot.shown()
    assert answer.edited
    assert answer.content["fr.helpbot"]["entry"] == "pix-session"
    assert "Pix Certif" in answer.body


async def test_deleting_the_question_withdraws_the_answer(bot: BotTester) -> None:
    question = await bot.says(LEA, PASSWORD)
    await bot.deletes(LEA, question)
    assert bot.shown() == []


async def test_a_question_in_a_thread_is_answered_there(bot: BotTester) -> None:
    root = await bot.says(SAM, "discussion", to_bot=False)
    await bot.says(LEA, f"helpbot {PASSWORD}", thread=root)
    assert bot.last().thread == root


async def test_an_unknown_question_asks_before_it_asks(bot: BotTester) -> None:
    await bot.says(LEA, UNKNOWN)
    assert bot.kinds() == ["route"]
    assert bot.shown(bot.helpers) == []


async def test_thanks_for_several_answers_ask_nothing_back(bot: BotTester) -> None:
    direct = await bot.direct(LEA)
    await bot.says(LEA, PASSWORD, room=direct, to_bot=False)
    await bot.says(LEA, SESSION, room=direct, to_bot=False)
    await bot.says(LEA, "✅", room=direct, to_bot=False)
    assert "répondez au message concerné" in bot.last(direct).body
    await bot.says(LEA, "merci beaucoup", room=direct, to_bot=False)
    assert "répondez au message concerné" not in bot.last(direct).body


async def test_words_in_reply_to_an_answer_judge_it(bot: BotTester) -> None:
    await bot.says(LEA, PASSWORD)
    await bot.says(LEA, "non ça marche pas", reply_to=bot.last().event_id, to_bot=False)
    assert "Désolé" in bot.last().body
    await bot.says(SAM, PASSWORD)
    answered = bot.last()
    await bot.says(SAM, "ok super merci bcp !", reply_to=answered.event_id, to_bot=False)
    assert bot.last().event_id == answered.event_id, "nothing more is said"
    assert [t.feedback for t in await bot.tickets()] == [False, True]


@pytest.mark.parametrize("text", ["helpbot ?", "helpbot 😀😀", "helpbot …!!"])
async def test_signs_alone_are_put_to_nobody(bot: BotTester, text: str) -> None:
    await bot.says(LEA, text)
    assert bot.kinds() == ["command"]
    assert "une phrase" in bot.last().body
    assert await bot.tickets() == []


async def test_a_redirection_names_who_to_turn_to(bot: BotTester) -> None:
    await bot.says(LEA, "quand suis-je payé")
    assert bot.kinds() == ["redirect"]
    assert "gestionnaire" in bot.last().body


async def test_a_redirection_leaves_a_way_to_a_human(bot: BotTester) -> None:
    await bot.says(LEA, "quand suis-je payé")
    assert "🙋" in bot.last().body
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    assert bot.kinds() == ["redirect", "route"]
    assert len(bot.shown(bot.helpers, kind="offer")) == 1


async def test_danger_gets_the_numbers_and_nothing_is_stored(bot: BotTester) -> None:
    await bot.says(LEA, "un élève de 4e m'a dit qu'il veut mourir ce soir")
    assert bot.kinds() == ["redirect"]
    assert "3114" in bot.last().body
    assert "🙋" not in bot.last().body
    assert bot.shown(bot.helpers) == []
    raw = b"".join(p.read_bytes() for p in bot.folder.iterdir() if p.is_file())
    assert b"mourir" not in raw
    assert (await bot.totals()).ended == {}


async def test_a_question_first_seen_after_two_days_is_acknowledged_as_late(bot: BotTester) -> None:
    old = bot.clock.now() - 49 * 3_600_000
    question = await bot.says(LEA, PASSWORD, at=old)
    assert bot.kinds() == ["late"]
    assert bot.last().content["fr.helpbot"]["question"] == question


async def test_the_same_question_again_is_a_new_question(bot: BotTester) -> None:
    await bot.says(LEA, PASSWORD)
    await bot.says(LEA, PASSWORD)
    assert bot.kinds() == ["answer", "answer"]


async def test_a_picture_is_not_taken_for_a_question(bot: BotTester) -> None:
    await bot.says(LEA, "photo.jpg", msgtype="m.image")
    assert bot.kinds() == ["command"]


async def test_help_privacy_and_unknown_commands(bot: BotTester) -> None:
    for text in ("!aide", "!rgpd", "!ade", "helpbot"):
        await bot.says(LEA, text)
    bodies = [m.body for m in bot.shown()]
    assert "!aide" in bodies[0]
    assert "!bilan" not in bodies[0]
    assert "30 jours" in bodies[1]
    assert "!aide" in bodies[2]
    assert bot.kinds() == ["command"] * 4


async def test_the_report_belongs_to_the_review_room(bot: BotTester) -> None:
    await bot.says(LEA, "!bilan")
    await bot.says(ANNE, "!bilan", room=bot.review)
    assert "référents" in bot.last().body
    assert "Bilan" in bot.last(bot.review).body


async def test_the_greeting_comes_once_with_the_privacy_notice(bot: BotTester) -> None:
    here = bot.server.room(bot.school).timeline()
    [greeting] = [m for m in here if m.sender == BOT]
    assert "!rgpd" in greeting.body
    await bot.restart()
    assert len([m for m in bot.server.room(bot.school).timeline() if m.sender == BOT]) == 1


async def test_strangers_are_not_joined_nor_answered(bot: BotTester) -> None:
    mallory = bot.server.person("@mallory:elsewhere")
    room = mallory.create_room(invite=[BOT])
    await bot.settle()
    with_bot = bot.server.room(room)
    assert BOT not in [m.sender for m in with_bot.timeline()]


async def test_kicked_and_invited_again_it_answers_again(bot: BotTester) -> None:
    lea = bot.server.person(LEA)
    lea.kick(bot.school, BOT)
    await bot.settle()
    lea.say(bot.school, PASSWORD, mention=[BOT])
    await bot.settle()
    lea.invite(bot.school, BOT)
    await bot.settle()
    assert bot.shown() == []
    await bot.says(LEA, PASSWORD)
    assert bot.kinds() == ["answer"]


async def test_an_answer_leads_to_its_page_where_the_faq_is_a_site(bot: BotTester) -> None:
    await bot.says(LEA, PASSWORD)
    assert "exemple.fr/faq" not in bot.last().body
    bot.set_policy(site="https://exemple.fr/faq/")
    await bot.says(LEA, PASSWORD)
    path = quote("fiches/pix-mdp.html")
    assert path in pages(bot.faq, date(2026, 11, 21))
    assert f"La fiche (https://exemple.fr/faq/{path})" in bot.last().body
