"""Finding a colleague: consent, offers, claims, relayed answers, timers."""

from __future__ import annotations

import pytest

from helpbot.core.tickets import Outcome, State
from helpbot.testing.fakerooms import Seen
from helpbot.testing.tester import LEA, SAM, UNKNOWN, VOLUNTEERS, BotTester

SECRET = "thermostat"


async def asked(bot: BotTester, *, sign: str = "🙋") -> tuple[str, str]:
    """Ask what the FAQ does not know and agree; returns the question and the volunteer asked."""
    question = await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, sign)
    [offer] = bot.shown(bot.helpers, kind="offer")
    return question, offer.mentions[0]


async def test_nothing_leaves_the_room_without_a_yes(bot: BotTester) -> None:
    await bot.says(LEA, UNKNOWN)
    await bot.reacts(SAM, bot.last().event_id, "🙋")
    assert bot.shown(bot.helpers) == []
    await bot.says(LEA, "non", reply_to=bot.last().event_id)
    assert bot.shown(bot.helpers) == []
    assert "transmets rien" in bot.last().body


async def test_one_tap_asks_one_volunteer_without_the_askers_name(bot: BotTester) -> None:
    await asked(bot)
    [offer] = bot.shown(bot.helpers)
    assert offer.msgtype == "m.text"
    assert len(offer.mentions) == 1
    assert SECRET in offer.body
    assert "Léa" not in offer.body
    assert "lea" not in offer.body
    assert offer.content["fr.helpbot"]["question"] is None
    assert len(bot.shown()) == 1
    assert "demande à un·e collègue" in bot.last().body


async def test_another_tap_adds_the_name(bot: BotTester) -> None:
    await asked(bot, sign="👤")
    assert "Léa" in bot.last(bot.helpers).body
    assert "Martin" not in bot.last(bot.helpers).body


async def test_the_whole_way_of_a_routed_question(bot: BotTester) -> None:
    question, vera = await asked(bot)
    offer = bot.last(bot.helpers)
    await bot.reacts(vera, offer.event_id, "✋", room=bot.helpers)
    assert "occupe" in bot.last().body
    await bot.says(vera, "Le boîtier est derrière la porte.", room=bot.helpers, reply_to=offer.event_id)
    relay = bot.last()
    assert relay.msgtype == "m.text"
    assert relay.mentions == (LEA,)
    assert relay.reply_to == question
    assert "Le boîtier est derrière la porte." in relay.body
    assert relay.content["fr.helpbot"]["kind"] == "relay"
    assert relay.content["fr.helpbot"]["question"] == question

    await bot.says(LEA, "laquelle, au fond ?", reply_to=relay.event_id)
    follow = bot.last(bot.helpers)
    assert "laquelle, au fond ?" in follow.body
    assert follow.mentions == (vera,)
    await bot.says(vera, "oui, au fond", room=bot.helpers, thread=offer.event_id)
    assert "oui, au fond" in bot.last().body
    await bot.reacts(LEA, relay.event_id, "✅")

    [ticket] = await bot.tickets()
    assert ticket.state is State.SOLVED
    assert ticket.outcome is Outcome.VOLUNTEER
    totals = await bot.totals()
    assert totals.ended == {"volunteer": 1}
    assert len(totals.answer_open.minutes) == 1
    # One message to say that a colleague is asked, one answer, one further word.
    assert bot.kinds() == ["status", "relay", "relay"]


async def test_a_reply_to_the_offer_claims_and_answers(bot: BotTester) -> None:
    _, vera = await asked(bot)
    await bot.says(vera, "derrière la porte", room=bot.helpers, reply_to=bot.last(bot.helpers).event_id)
    assert "derrière la porte" in bot.last().body


async def test_exactly_one_claim_wins(bot: BotTester) -> None:
    _, first = await asked(bot)
    offer = bot.last(bot.helpers)
    for volunteer in VOLUNTEERS:
        bot.server.person(volunteer).react(bot.helpers, offer.event_id, "✋")
    await bot.settle()
    [ticket] = await bot.tickets()
    assert ticket.helper == VOLUNTEERS[0]
    assert first in VOLUNTEERS
    late = [m for m in bot.shown(bot.helpers) if "s’en occupe déjà" in m.body]
    assert len(late) == len(VOLUNTEERS) - 1


async def test_only_volunteers_may_claim(bot: BotTester) -> None:
    await asked(bot)
    anne = "@anne:test"
    await bot.reacts(anne, bot.last(bot.helpers).event_id, "✋", room=bot.helpers)
    [ticket] = await bot.tickets()
    assert ticket.state is State.ASKED


async def test_silence_asks_one_more_then_two_more_then_says_so(bot: BotTester) -> None:
    await asked(bot)
    await bot.advance(minutes=21)
    assert len(bot.shown(bot.helpers, kind="offer")) == 2
    await bot.advance(minutes=21)
    assert len(bot.shown(bot.helpers, kind="offer")) == 4
    await bot.advance(minutes=21)
    offers = bot.shown(bot.helpers, kind="offer")
    assert len(offers) == 5
    assert offers[-1].mentions == ()
    assert offers[-1].msgtype == "m.notice"
    assert "reste ouverte" in bot.last().body
    assert len(bot.shown()) == 1
    [ticket] = await bot.tickets()
    assert ticket.state is State.OPEN


async def test_a_late_claim_of_the_open_post_still_answers(bot: BotTester) -> None:
    await asked(bot)
    for _ in range(3):
        await bot.advance(minutes=21)
    post = bot.shown(bot.helpers, kind="offer")[-1]
    await bot.says("@violette:test", "au sous-sol", room=bot.helpers, reply_to=post.event_id)
    assert "au sous-sol" in bot.last().body


async def test_a_pass_brings_the_next_one_at_once(bot: BotTester) -> None:
    _, vera = await asked(bot)
    await bot.says(vera, "je passe", room=bot.helpers, reply_to=bot.last(bot.helpers).event_id)
    offers = bot.shown(bot.helpers, kind="offer")
    assert len(offers) == 2
    assert offers[1].mentions != (vera,)


async def test_a_silent_claim_is_reminded_once_then_released(bot: BotTester) -> None:
    _, vera = await asked(bot)
    await bot.reacts(vera, bot.last(bot.helpers).event_id, "✋", room=bot.helpers)
    await bot.advance(minutes=61)
    reminders = [m for m in bot.shown(bot.helpers) if m.mentions == (vera,)]
    assert "Avez-vous pu regarder" in reminders[-1].body
    await bot.advance(minutes=21)
    [ticket] = await bot.tickets()
    assert ticket.state is State.ASKED
    assert ticket.helper is None
    assert bot.shown(bot.helpers, kind="offer")[-1].mentions != (vera,)


async def test_a_cross_brings_a_different_helper_once(bot: BotTester) -> None:
    _, vera = await asked(bot)
    offer = bot.last(bot.helpers)
    await bot.says(vera, "réponse fausse", room=bot.helpers, reply_to=offer.event_id)
    await bot.reacts(LEA, bot.last().event_id, "❌")
    second = bot.shown(bot.helpers, kind="offer")[-1]
    assert second.mentions
    assert second.mentions != (vera,)
    await bot.says(second.mentions[0], "la bonne", room=bot.helpers, reply_to=second.event_id)
    assert "la bonne" in bot.last().body
    await bot.reacts(LEA, bot.last().event_id, "❌")
    [ticket] = await bot.tickets()
    assert len(ticket.offers) == 2


async def helped(bot: BotTester) -> tuple[str, Seen]:
    """Somebody answers and it helps; who, and the answer."""
    _, vera = await asked(bot)
    await bot.says(vera, "réponse fausse", room=bot.helpers, reply_to=bot.last(bot.helpers).event_id)
    answer = bot.last()
    await bot.reacts(LEA, answer.event_id, "✅")
    return vera, answer


@pytest.mark.parametrize("by_reply", [False, True])
async def test_a_cross_after_a_check_takes_the_solved_mark_back(bot: BotTester, by_reply: bool) -> None:
    vera, answer = await helped(bot)
    assert (await bot.totals()).feedback["yes"].count == 1
    if by_reply:
        await bot.says(LEA, "❌", reply_to=answer.event_id)
    else:
        await bot.reacts(LEA, answer.event_id, "❌")
    [ticket] = await bot.tickets()
    assert (ticket.state, ticket.ended_at, ticket.helper) == (State.ASKED, None, None)
    assert "demande à un·e collègue" in bot.last().body
    second = bot.shown(bot.helpers, kind="offer")[-1]
    assert second.mentions
    assert second.mentions != (vera,)
    await bot.says(second.mentions[0], "la bonne", room=bot.helpers, reply_to=second.event_id)
    await bot.reacts(LEA, bot.last().event_id, "✅")
    [ticket] = await bot.tickets()
    assert (ticket.state, ticket.helper) == (State.SOLVED, second.mentions[0])
    totals = await bot.totals()
    assert (totals.outcomes["volunteer"].count, totals.feedback["yes"].count) == (1, 1), "counted once"
    await bot.reacts(LEA, bot.last().event_id, "❌")
    assert (await bot.tickets())[0].state is State.SOLVED, "a different helper, once"


async def test_a_cross_that_is_not_on_the_answer_or_comes_too_late_changes_nothing(bot: BotTester) -> None:
    _, answer = await helped(bot)
    offered = bot.shown(kind="status")[-1]
    assert "🔁" in offered.body
    await bot.reacts(LEA, offered.event_id, "❌")  # no to its being shown to others
    await bot.reacts(SAM, answer.event_id, "❌")  # not hers
    assert (await bot.tickets())[0].state is State.SOLVED
    await bot.advance(days=3)
    await bot.reacts(LEA, answer.event_id, "❌")
    assert (await bot.tickets())[0].state is State.SOLVED


async def test_an_offer_goes_by_direct_message_where_one_exists(bot: BotTester) -> None:
    rooms = {v: await bot.direct(v) for v in VOLUNTEERS}
    await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    offered = {v: bot.shown(r, kind="offer") for v, r in rooms.items() if bot.shown(r, kind="offer")}
    [(vera, [offer])] = offered.items()
    assert bot.shown(bot.helpers) == []
    await bot.says(vera, "✋", room=rooms[vera], to_bot=False)
    assert "C’est" in bot.last().body or "occupe" in bot.last().body
    await bot.says(vera, "il est au sous-sol", room=rooms[vera], to_bot=False)
    assert "pour votre collègue" in bot.last(rooms[vera]).body
    await bot.says(vera, "1", room=rooms[vera], to_bot=False)
    assert "il est au sous-sol" in bot.last().body
    await bot.says(vera, "un élève me menace avec un couteau", room=rooms[vera], to_bot=False)
    assert "112" in bot.last(rooms[vera]).body, "a word of danger is heard before anything is asked"
    assert offer.mentions == (vera,)


async def test_words_in_a_direct_message_may_be_a_new_question(bot: BotTester) -> None:
    rooms = {v: await bot.direct(v) for v in VOLUNTEERS}
    await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    [vera] = [v for v, r in rooms.items() if bot.shown(r, kind="offer")]
    await bot.says(vera, "taille du nuage", room=rooms[vera], to_bot=False)
    await bot.says(vera, "2", room=rooms[vera], to_bot=False)
    assert bot.last(rooms[vera]).content["fr.helpbot"]["entry"] == "apps-nuage"
    assert bot.kinds() == ["status"]


async def test_edits_and_deletions_follow_the_relayed_copies(bot: BotTester) -> None:
    question, vera = await asked(bot)
    offer = bot.last(bot.helpers)
    await bot.says(LEA, UNKNOWN + " celui du haut", edit=question)
    assert "celui du haut" in bot.last(bot.helpers).body
    answer = await bot.says(vera, "à gauche", room=bot.helpers, reply_to=offer.event_id)
    await bot.says(vera, "à droite", room=bot.helpers, edit=answer)
    assert "à droite" in bot.last().body
    assert "à gauche" not in bot.last().body
    await bot.deletes(vera, answer, room=bot.helpers)
    assert "à droite" not in "".join(m.body for m in bot.shown())


async def test_deleting_the_question_withdraws_the_offers(bot: BotTester) -> None:
    question, _ = await asked(bot)
    await bot.deletes(LEA, question)
    assert bot.shown() == []
    assert SECRET not in "".join(m.body for m in bot.shown(bot.helpers))
    await bot.advance(minutes=60)
    assert bot.shown(bot.helpers, kind="offer") == []


async def test_cancelling_stops_the_search(bot: BotTester) -> None:
    await asked(bot)
    await bot.says(LEA, "!annuler")
    await bot.advance(minutes=60)
    assert SECRET not in "".join(m.body for m in bot.shown(bot.helpers))
    assert "retirée" in bot.last().body


async def test_timers_survive_a_restart(bot: BotTester) -> None:
    await asked(bot)
    await bot.stop()
    bot.clock.advance(minutes=21)
    await bot.start()
    assert len(bot.shown(bot.helpers, kind="offer")) == 2


async def test_nobody_is_pinged_on_the_eve_of_the_holidays(bot: BotTester) -> None:
    await bot.stop()
    away = BotTester(bot.folder / "b", bot.clock, hours="lun-ven 08:00-18:00")
    # Friday 16 October 2026, 17:50 in Paris; the Toussaint holidays of zone A end on 2 November.
    bot.clock.advance(ms=1_792_165_800_000 - bot.clock.now())
    await away.start()
    await away.says(LEA, UNKNOWN)
    await away.reacts(LEA, away.last().event_id, "🙋")
    assert away.shown(away.helpers) == []
    assert "lundi 2\u00a0novembre" in away.last().body
    await away.advance(days=16)
    assert away.shown(away.helpers) == []
    await away.advance(days=1)
    assert len(away.shown(away.helpers, kind="offer")) == 1
    bot.bot = away.bot


async def test_caps_keep_a_volunteer_from_a_third_ask_a_day(bot: BotTester) -> None:
    for n in range(12):
        await bot.says(LEA, f"{UNKNOWN} {n}")
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        offer = bot.shown(bot.helpers, kind="offer")
        if n < 10:
            assert len(offer) == n + 1 or offer[-1].mentions
            vera = offer[-1].mentions[0]
            await bot.says(vera, f"réponse {n}", room=bot.helpers, reply_to=offer[-1].event_id)
    per_person = dict.fromkeys(VOLUNTEERS, 0)
    for ticket in await bot.tickets():
        for offer_made in ticket.offers:
            per_person[offer_made.user] += 1
    assert max(per_person.values()) == 2
    assert min(per_person.values()) == 2


async def test_a_helpers_words_about_danger_reach_the_asker(bot: BotTester) -> None:
    _, vera = await asked(bot)
    words = "si un élève veut mourir ce soir, appelez le 3114"
    await bot.says(vera, words, room=bot.helpers, reply_to=bot.last(bot.helpers).event_id)
    assert bot.kinds() == ["status", "relay"]
    assert words in bot.last().body
