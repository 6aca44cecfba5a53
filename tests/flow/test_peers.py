"""Rule 7 of finding a helper: a colleague in the room who answers first is the helper."""

from __future__ import annotations

from pathlib import Path

from helpbot.core.tickets import Outcome, State, Ticket
from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import BOT, LEA, PASSWORD, SAM, UNKNOWN, BotTester
from helpbot.testing.whatstands import everything_stored

ANSWER = "il est dans le placard jaune du gymnase"


async def asked(bot: BotTester, *, agree: bool = True) -> str:
    question = await bot.says(LEA, UNKNOWN)
    if agree:
        await bot.reacts(LEA, bot.last().event_id, "🙋")
    return question


async def only(bot: BotTester) -> Ticket:
    [ticket] = await bot.tickets()
    return ticket


async def test_a_reply_to_the_question_ends_the_search(bot: BotTester) -> None:
    question = await asked(bot)
    await bot.says(SAM, ANSWER, reply_to=question)
    ticket = await only(bot)
    assert (ticket.state, ticket.helper, ticket.outcome) == (State.ANSWERED, SAM, Outcome.PEER)
    status = bot.shown(kind="status")[0]
    assert "Sam a répondu ici" in status.body
    assert "répondu sur place" in bot.shown(bot.helpers)[0].body
    await bot.advance(hours=2)
    assert len(bot.shown(bot.helpers)) == 1, "nobody else is asked"
    await bot.reacts(LEA, status.event_id, "✅")
    assert (await only(bot)).state is State.SOLVED
    assert (await bot.totals()).ended == {"peer": 1}


async def test_their_words_are_not_stored_and_they_are_told_once(bot: BotTester) -> None:
    question = await asked(bot)
    await bot.says(SAM, ANSWER, reply_to=question)
    assert "placard" not in everything_stored(bot.folder)
    told = [m for m in bot.shown() if "!opposition" in m.body]
    assert len(told) == 1
    again = await bot.says(LEA, UNKNOWN + " et sa télécommande")
    await bot.says(SAM, ANSWER, reply_to=again)
    assert len([m for m in bot.shown() if "!opposition" in m.body]) == 1


async def test_a_message_in_the_thread_of_the_question_counts_too(bot: BotTester) -> None:
    question = await asked(bot, agree=False)
    await bot.says(SAM, ANSWER, thread=question)
    ticket = await only(bot)
    assert (ticket.state, ticket.helper) == (State.ANSWERED, SAM)
    assert "Sam a répondu ici" in bot.shown()[0].body


async def test_what_is_no_answer_changes_nothing(bot: BotTester) -> None:
    question = await asked(bot)
    for words in ("moi aussi", "quelle salle ?", "aucune idée désolé", "1"):
        await bot.says(SAM, words, reply_to=question)
    assert (await only(bot)).state is State.ASKED
    assert bot.kinds() == ["status"]


async def test_other_talk_in_the_room_is_not_looked_at(bot: BotTester) -> None:
    await asked(bot)
    lunch = bot.server.person(SAM).say(bot.school, "la cantine est ouverte")
    await bot.says(SAM, "elle ferme à 14 h", reply_to=lunch)
    await bot.says(SAM, ANSWER, to_bot=False)
    assert (await only(bot)).state is State.ASKED
    assert "cantine" not in everything_stored(bot.folder)


async def test_a_cross_goes_on_where_the_search_stood(bot: BotTester) -> None:
    question = await asked(bot)
    await bot.says(SAM, ANSWER, reply_to=question)
    await bot.reacts(LEA, bot.shown(kind="status")[0].event_id, "❌")
    ticket = await only(bot)
    assert (ticket.state, ticket.helper, ticket.reopened) == (State.ASKED, None, False)
    offers = bot.shown(bot.helpers, kind="offer")
    assert offers[-1].mentions
    assert "demande à un·e collègue" in bot.shown()[0].body


async def test_a_cross_before_any_search_asks_first(bot: BotTester) -> None:
    question = await asked(bot, agree=False)
    await bot.says(SAM, ANSWER, reply_to=question)
    await bot.reacts(LEA, bot.shown()[0].event_id, "❌")
    assert "🙋 oui" in bot.shown()[0].body
    assert bot.shown(bot.helpers) == []


async def test_the_asker_marks_a_colleagues_message(bot: BotTester) -> None:
    await asked(bot)
    said = bot.server.person(SAM).say(bot.school, ANSWER)
    await bot.reacts(LEA, said, "✅")
    ticket = await only(bot)
    assert (ticket.state, ticket.helper, ticket.outcome) == (State.SOLVED, SAM, Outcome.PEER)
    assert ticket.feedback is True
    assert "Résolu grâce à Sam" in bot.shown()[0].body
    assert "répondu sur place" in bot.shown(bot.helpers)[0].body
    assert "placard" not in everything_stored(bot.folder)


async def test_a_mark_of_somebody_else_or_without_a_question_says_nothing(bot: BotTester) -> None:
    said = bot.server.person(SAM).say(bot.school, ANSWER)
    await bot.reacts(LEA, said, "✅")
    await asked(bot)
    again = bot.server.person(LEA).say(bot.school, "je suis en salle 12")
    await bot.reacts(SAM, again, "✅")
    assert (await only(bot)).state is State.ASKED


async def test_a_volunteer_who_sits_in_the_room_may_answer_right_there(bot: BotTester) -> None:
    question = await asked(bot)
    [offer] = bot.shown(bot.helpers, kind="offer")
    vera = offer.mentions[0]
    bot.server.person(LEA).invite(bot.school, vera)
    bot.server.person(vera).join(bot.school)
    await bot.reacts(vera, offer.event_id, "✋", room=bot.helpers)
    await bot.says(vera, ANSWER, reply_to=question)
    ticket = await only(bot)
    assert (ticket.state, ticket.helper, ticket.outcome) == (State.ANSWERED, vera, Outcome.VOLUNTEER)
    assert "Réponse transmise" in bot.shown(bot.helpers)[0].body
    assert bot.kinds() == ["status"], "nothing is relayed: it stands there already"


async def test_who_objects_is_not_counted(bot: BotTester) -> None:
    question = await asked(bot)
    await bot.says(SAM, ANSWER, reply_to=question)
    await bot.says(SAM, "!opposition")
    assert (await only(bot)).helper is None
    await bot.reacts(LEA, bot.shown(kind="status")[0].event_id, "✅")
    again = await bot.says(LEA, UNKNOWN + " et sa télécommande")
    await bot.says(SAM, ANSWER, reply_to=again)
    tickets = await bot.tickets()
    assert [t.helper for t in tickets] == [None, None]
    assert tickets[1].state is State.ANSWERED
    await bot.says(SAM, "!opposition fin")
    third = await bot.says(LEA, UNKNOWN + " et ses piles")
    await bot.says(SAM, ANSWER, reply_to=third)
    assert (await bot.tickets())[2].helper == SAM


async def test_an_answer_of_the_faq_stays_when_a_colleague_adds_a_word(bot: BotTester) -> None:
    question = await bot.says(LEA, PASSWORD)
    await bot.says(SAM, "et sinon passez me voir", reply_to=question)
    ticket = await only(bot)
    assert (ticket.outcome, ticket.helper) == (Outcome.FAQ, None)
    assert bot.kinds() == ["answer"]


async def test_the_asker_found_it_alone(bot: BotTester) -> None:
    question = await asked(bot)
    await bot.says(LEA, "c'est bon j'ai trouvé", reply_to=bot.last().event_id)
    ticket = await only(bot)
    assert (ticket.state, ticket.outcome) == (State.SOLVED, Outcome.SELF)
    assert "je clos la question" in bot.last().body
    assert "Plus rien à faire" in bot.shown(bot.helpers)[0].body
    assert question


async def test_a_mark_on_the_own_question_or_answer_closes_it(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock) as bot:
        question = await asked(bot)
        await bot.reacts(LEA, question, "✅")
        assert (await only(bot)).outcome is Outcome.SELF
        second = await bot.says(LEA, UNKNOWN + " et sa télécommande")
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        own = bot.server.person(LEA).say(bot.school, "il était sous mon bureau")
        await bot.reacts(LEA, own, "✅")
        assert [t.outcome for t in await bot.tickets()] == [Outcome.SELF, Outcome.SELF]
        assert second
        assert BOT
