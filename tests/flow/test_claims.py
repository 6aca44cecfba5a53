"""Claims: exactly one owner, handing over, and a question that is edited to nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpbot.core.ids import EventId, UserId
from helpbot.core.tickets import OfferState, Outcome, State, Ticket
from helpbot.testing.clock import FakeClock
from helpbot.testing.fakerooms import MESSAGE, Event
from helpbot.testing.tester import ANNE, BOT, LEA, PASSWORD, SAM, UNKNOWN, VOLUNTEERS, BotTester
from helpbot.testing.whatstands import still_sent


async def ask(bot: BotTester) -> str:
    question = await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    return question


async def held(bot: BotTester) -> str:
    """Ask, let the first one who is asked take it, and return who that is."""
    await ask(bot)
    [offer] = bot.shown(bot.helpers, kind="offer")
    await bot.reacts(offer.mentions[0], offer.event_id, "✋", room=bot.helpers)
    return offer.mentions[0]


async def only_ticket(bot: BotTester) -> Ticket:
    [ticket] = await bot.tickets()
    return ticket


def edits_of(bot: BotTester, offer: str) -> list[Event]:
    events = [e for room in bot.server.rooms.values() for e in room.events if e.type == MESSAGE]
    return [e for e in events if e.sender == BOT and e.relation == ("m.replace", offer)]


async def test_ten_claims_at_once_have_one_owner_and_edit_each_other_offer_once(
    tmp_path: Path, clock: FakeClock
) -> None:
    people = tuple(f"@expert{n}:test" for n in range(10))
    async with BotTester(tmp_path, clock, volunteers=people) as bot:
        rooms = {user: await bot.direct(user) for user in people}
        await ask(bot)
        for _ in range(2):
            await bot.advance(minutes=21)
        offers = {u: m for u, r in rooms.items() for m in bot.shown(r, kind="offer")}
        assert len(offers) == 4
        # The four who were asked and six who read of it elsewhere, all in the same sync.
        for user in people:
            if user in offers:
                bot.server.person(user).react(rooms[user], offers[user].event_id, "✋")
        await bot.settle()
        ticket = await only_ticket(bot)
        assert ticket.state is State.CLAIMED
        assert ticket.helper in offers
        for user, offer in offers.items():
            told = bot.shown(rooms[user])
            edits = edits_of(bot, offer.event_id)
            assert len(edits) == 1, "each offer is edited once"
            assert ("pris en charge" in told[0].body.casefold()) is True
        assert [o.user for o in ticket.offers if o.state is OfferState.CLAIMED] == [ticket.helper]


async def test_ten_claims_of_one_offer_in_the_volunteers_room(tmp_path: Path, clock: FakeClock) -> None:
    people = tuple(f"@expert{n}:test" for n in range(10))
    async with BotTester(tmp_path, clock, volunteers=people) as bot:
        await ask(bot)
        [offer] = bot.shown(bot.helpers, kind="offer")
        for user in people:
            bot.server.person(user).react(bot.helpers, offer.event_id, "✋")
        await bot.settle()
        ticket = await only_ticket(bot)
        assert ticket.helper == people[0]
        assert len(edits_of(bot, offer.event_id)) == 1
        asked = {o.user: o.unasked for o in ticket.offers}
        assert asked[people[0]] is (offer.mentions != (people[0],)), "taking it unasked costs no ask"


async def test_what_one_holds_may_be_handed_to_another_volunteer(bot: BotTester) -> None:
    vera = await held(bot)
    other = next(v for v in VOLUNTEERS if v != vera)
    bot.server.person(vera).say(bot.helpers, f"!passe {other}", mention=(other,))
    await bot.settle()
    ticket = await only_ticket(bot)
    assert ticket.state is State.ASKED
    assert ticket.helper is None
    offer = bot.shown(bot.helpers, kind="offer")[-1]
    assert offer.mentions == (other,)
    assert "transmis" in bot.last(bot.helpers).body
    await bot.reacts(other, offer.event_id, "✋", room=bot.helpers)
    assert (await only_ticket(bot)).helper == other


async def test_nothing_is_handed_to_somebody_who_may_not_be_asked(bot: BotTester) -> None:
    await bot.says(VOLUNTEERS[0], f"!passe {VOLUNTEERS[1]}", room=bot.helpers, to_bot=False)
    assert "pas de question en cours" in bot.last(bot.helpers).body
    vera = await held(bot)
    other = next(v for v in VOLUNTEERS if v != vera)
    await bot.says(vera, f"!passe {SAM}", room=bot.helpers, to_bot=False)
    assert "pas inscrite" in bot.last(bot.helpers).body
    await bot.says(vera, "!passe", room=bot.helpers, to_bot=False)
    assert "À qui" in bot.last(bot.helpers).body
    await bot.says(other, "!pause 2 semaines", room=bot.helpers, to_bot=False)
    await bot.says(vera, f"!passe {other}", room=bot.helpers, to_bot=False)
    assert "ne peut pas être sollicitée maintenant" in bot.last(bot.helpers).body
    assert (await only_ticket(bot)).helper == vera


async def test_an_answer_that_its_author_deletes_goes_with_all_its_versions(bot: BotTester) -> None:
    question = await ask(bot)
    vera = bot.shown(bot.helpers, kind="offer")[-1]
    said = await bot.says(vera.mentions[0], "au premier", room=bot.helpers, reply_to=vera.event_id)
    await bot.says(vera.mentions[0], "au second", room=bot.helpers, edit=said)
    assert still_sent(bot, "au second")
    await bot.deletes(vera.mentions[0], said, room=bot.helpers)
    assert still_sent(bot, "au premier") == []
    assert still_sent(bot, "au second") == []
    assert still_sent(bot, "thermostat"), "the question is not theirs to delete"
    await bot.deletes(LEA, question)
    assert still_sent(bot, "thermostat") == []


async def test_an_answer_edited_to_nothing_goes_with_all_its_versions(bot: BotTester) -> None:
    await ask(bot)
    vera = bot.shown(bot.helpers, kind="offer")[-1]
    said = await bot.says(vera.mentions[0], "au premier", room=bot.helpers, reply_to=vera.event_id)
    await bot.says(vera.mentions[0], "au second", room=bot.helpers, edit=said)
    await bot.says(vera.mentions[0], " ", room=bot.helpers, edit=said)
    assert still_sent(bot, "au premier") == still_sent(bot, "au second") == []


async def test_a_question_edited_to_nothing_is_withdrawn_everywhere(bot: BotTester) -> None:
    question = await ask(bot)
    await bot.says(LEA, "helpbot", edit=question)
    assert bot.shown() == []
    assert "thermostat" not in "".join(m.body for m in bot.shown(bot.helpers))
    assert (await only_ticket(bot)).state is State.WITHDRAWN
    await bot.advance(hours=2)
    assert bot.shown(bot.helpers, kind="offer") == []


@pytest.mark.parametrize("words", ["ok je m'en occupe", "Oui !", "je regarde ça tout de suite"])
async def test_a_few_words_take_a_question_and_are_no_answer(bot: BotTester, words: str) -> None:
    await ask(bot)
    [offer] = bot.shown(bot.helpers, kind="offer")
    await bot.says(offer.mentions[0], words, room=bot.helpers, reply_to=offer.event_id)
    ticket = await only_ticket(bot)
    assert (ticket.state, ticket.helper) == (State.CLAIMED, offer.mentions[0])
    assert bot.kinds() == ["status"]


@pytest.mark.parametrize("words", ["désolée, pas dispo", "aucune idée", "non", "je passe mon tour"])
async def test_a_few_words_pass_a_question_on_and_are_no_answer(bot: BotTester, words: str) -> None:
    await ask(bot)
    [offer] = bot.shown(bot.helpers, kind="offer")
    await bot.says(offer.mentions[0], words, room=bot.helpers, reply_to=offer.event_id)
    ticket = await only_ticket(bot)
    assert [o.state for o in ticket.offers] == [OfferState.PASSED, OfferState.OPEN]
    assert bot.kinds() == ["status"]


async def test_the_same_words_in_a_direct_message_need_no_reply(bot: BotTester) -> None:
    rooms = {user: await bot.direct(user) for user in VOLUNTEERS}
    await ask(bot)
    [first] = (await only_ticket(bot)).offers
    await bot.says(first.user, "désolé je suis en cours", room=rooms[UserId(first.user)], to_bot=False)
    [_, second] = (await only_ticket(bot)).offers
    await bot.says(second.user, "ok je prends la question", room=rooms[UserId(second.user)], to_bot=False)
    ticket = await only_ticket(bot)
    assert (ticket.state, ticket.helper) == (State.CLAIMED, second.user)
    assert bot.kinds() == ["status"]
    await bot.says(first.user, "je prends", room=rooms[UserId(first.user)], to_bot=False)
    assert "s’en occupe déjà" in bot.last(rooms[UserId(first.user)]).body


async def test_yes_and_no_by_reaction_take_and_pass(bot: BotTester) -> None:
    await ask(bot)
    [offer] = bot.shown(bot.helpers, kind="offer")
    await bot.reacts(offer.mentions[0], offer.event_id, "👎", room=bot.helpers)
    offer = bot.shown(bot.helpers, kind="offer")[-1]
    await bot.reacts(ANNE, offer.event_id, "👍", room=bot.helpers)
    assert (await only_ticket(bot)).helper is None, "only who was asked"
    await bot.reacts(offer.mentions[0], offer.event_id, "👍", room=bot.helpers)
    assert (await only_ticket(bot)).helper == offer.mentions[0]


async def test_a_word_after_the_reminder_keeps_the_question(bot: BotTester) -> None:
    helper = await held(bot)
    await bot.advance(minutes=61)
    reminder = bot.shown(bot.helpers)[-1]
    assert "Avez-vous pu regarder" in reminder.body
    await bot.says(helper, "je regarde à midi", room=bot.helpers, reply_to=reminder.event_id)
    assert "Sans nouvelles de sa part à 11" in bot.last().body.replace("\u00a0", " ")
    await bot.advance(minutes=59)
    assert (await only_ticket(bot)).helper == helper
    await bot.advance(minutes=2)
    assert (await only_ticket(bot)).helper is None, "once: then somebody else is asked"
    assert bot.kinds() == ["status"]


async def test_short_words_to_what_the_asker_adds_are_for_the_asker(bot: BotTester) -> None:
    helper = await held(bot)
    await bot.says(LEA, "c'est le modèle gris ?", reply_to=bot.last().event_id)
    added = bot.shown(bot.helpers, kind="relay")[-1]
    await bot.says(helper, "je ne sais pas", room=bot.helpers, reply_to=added.event_id)
    assert "je ne sais pas" in bot.last().body


@pytest.mark.parametrize("claim", [False, True])
async def test_who_asked_says_in_passing_that_it_is_solved(bot: BotTester, claim: bool) -> None:
    if claim:
        await held(bot)
        question = (await only_ticket(bot)).question
    else:
        question = EventId(await ask(bot))
    await bot.says(LEA, "c'est bon j'ai trouvé, merci", reply_to=question)
    ticket = await only_ticket(bot)
    assert (ticket.state, ticket.outcome) == (State.SOLVED, Outcome.SELF)
    assert "Plus rien à faire" in bot.shown(bot.helpers)[0].body
    assert [len(bot.shown()), len(bot.shown(bot.helpers))] == [1, 1]


async def test_it_is_understood_without_a_reply_too(bot: BotTester) -> None:
    direct = await bot.direct(LEA)
    await bot.says(LEA, UNKNOWN, room=direct, to_bot=False)
    await bot.reacts(LEA, bot.last(direct).event_id, "🙋", room=direct)
    await bot.says(LEA, "c'est bon merci", room=direct, to_bot=False)
    assert (await only_ticket(bot)).outcome is Outcome.SELF


async def test_thanks_before_there_is_an_answer_are_no_part_of_the_question(bot: BotTester) -> None:
    await ask(bot)
    await bot.says(LEA, "merci", reply_to=bot.last().event_id)
    assert (await only_ticket(bot)).text == UNKNOWN
    await bot.says(LEA, "et c'est pour demain", reply_to=bot.last().event_id)
    assert (await only_ticket(bot)).text == f"{UNKNOWN}\net c'est pour demain"


async def test_a_bare_pass_command_passes_what_is_offered(bot: BotTester) -> None:
    await ask(bot)
    [offer] = bot.shown(bot.helpers, kind="offer")
    await bot.says(offer.mentions[0], "!passe", room=bot.helpers, to_bot=False)
    assert [o.state for o in (await only_ticket(bot)).offers] == [OfferState.PASSED, OfferState.OPEN]


async def test_the_question_that_is_replied_to_or_named_is_taken_back(bot: BotTester) -> None:
    first, second, third = [
        await bot.says(LEA, f"{UNKNOWN} {n}") for n in ("du gymnase", "de la cantine", "du préau")
    ]
    for shown in bot.shown():
        await bot.reacts(LEA, shown.event_id, "🙋")
    refs = {t.question: t.ref for t in await bot.tickets()}
    await bot.says(LEA, "!annuler", reply_to=first)
    await bot.says(LEA, f"!annuler {refs[second].lower()}", to_bot=False)
    states = {t.question: t.state for t in await bot.tickets()}
    assert [states[q] for q in (first, second)] == [State.WITHDRAWN, State.WITHDRAWN]
    assert states[third] is not State.WITHDRAWN
    # One that the FAQ has answered meanwhile is not what is called off.
    await bot.says(LEA, PASSWORD)
    await bot.says(LEA, "!annuler", to_bot=False)
    assert {t.question: t.state for t in await bot.tickets()}[third] is State.WITHDRAWN
    assert bot.last().content["fr.helpbot"]["kind"] == "answer"


async def test_a_few_words_after_the_end_are_no_question(bot: BotTester) -> None:
    rooms = {user: await bot.direct(user) for user in VOLUNTEERS}
    await ask(bot)
    [first] = (await only_ticket(bot)).offers
    await bot.says(LEA, "c'est bon j'ai trouvé", reply_to=bot.last().event_id)
    await bot.says(first.user, "désolée, pas dispo", room=rooms[UserId(first.user)], to_bot=False)
    assert len(await bot.tickets()) == 1


async def test_a_second_no_leaves_the_question_to_whoever_reads_of_it(bot: BotTester) -> None:
    await ask(bot)
    for words in ("au sous-sol", "au grenier"):
        offer = [m for m in bot.shown(bot.helpers, kind="offer") if m.mentions][-1]
        await bot.says(offer.mentions[0], words, room=bot.helpers, reply_to=offer.event_id)
        stood = len(bot.shown())
        await bot.reacts(LEA, bot.shown(kind="relay")[-1].event_id, "❌")
    ticket = await only_ticket(bot)
    assert (ticket.state, ticket.helper, ticket.posted) == (State.OPEN, None, True)
    assert len(bot.shown()) == stood, "an edit tells it"
    assert any("Votre question reste ouverte" in m.body for m in bot.shown())
    assert "Question restée sans réponse" in bot.last(bot.helpers).body
    other = next(v for v in VOLUNTEERS if v not in {o.user for o in ticket.offers})
    await bot.says(other, "derrière la porte", room=bot.helpers, reply_to=bot.last(bot.helpers).event_id)
    await bot.reacts(LEA, bot.shown(kind="relay")[-1].event_id, "✅")
    assert (await only_ticket(bot)).state is State.SOLVED
