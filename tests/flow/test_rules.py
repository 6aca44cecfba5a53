"""The numbered rules of the product, one conversation each; each rule's finer points have files of their own.

« The conversation » 1 to 9, then « Finding a helper » 1 to 8. Moved by the clock, on a fake homeserver.
"""

from __future__ import annotations

from pathlib import Path

from helpbot.core.ids import EventId, RoomId
from helpbot.core.incoming import Access
from helpbot.core.routing import Nearness
from helpbot.core.tickets import OfferState, Outcome, Plan, State, Ticket
from helpbot.flow.setting import RoomPolicy
from helpbot.testing.clock import FakeClock
from helpbot.testing.fakerooms import MESSAGE, Seen
from helpbot.testing.tester import ANNE, BOT, LEA, PASSWORD, SAM, UNKNOWN, VOLUNTEERS, BotTester
from helpbot.testing.whatstands import everything_stored

FRIDAY_EVENING = 1_790_955_000_000
"""2 October 2026, 17:30 in Paris."""
FRIDAY_MORNING = FRIDAY_EVENING - 8 * 3_600_000
OFFICE = "lun-ven 08:00-18:00"


async def asked(bot: BotTester, sign: str = "🙋", *, user: str = LEA, text: str = UNKNOWN) -> EventId:
    question = await bot.says(user, text)
    await bot.reacts(user, bot.last().event_id, sign)
    return question


async def offered(bot: BotTester) -> Seen:
    await asked(bot)
    [offer] = bot.shown(bot.helpers, kind="offer")
    return offer


async def only(bot: BotTester) -> Ticket:
    [ticket] = await bot.tickets()
    return ticket


# --- the conversation


async def test_conversation_1_only_what_is_addressed_is_read_and_stored(bot: BotTester) -> None:
    await bot.says(SAM, "le code du portail est bleu", to_bot=False)
    await bot.says(LEA, PASSWORD)
    await bot.says(SAM, "et la girafe dort", to_bot=False)
    assert bot.kinds() == ["answer"]
    stored = everything_stored(bot.folder)
    assert "portail" not in stored
    assert "girafe" not in stored


async def test_conversation_2_it_answers_in_the_askers_thread_and_starts_none(bot: BotTester) -> None:
    plain = await bot.says(LEA, PASSWORD)
    assert (bot.last().thread, bot.last().reply_to) == (None, plain)
    root = bot.server.person(SAM).say(bot.school, "on parle de Pix")
    bot.server.person(SAM).say(bot.school, PASSWORD, thread=root, mention=[BOT])
    await bot.settle()
    assert bot.last().thread == root


async def test_conversation_2_thanks_to_a_colleague_in_a_thread_are_left_to_them(bot: BotTester) -> None:
    root = await bot.says(LEA, PASSWORD)
    bot.server.person(SAM).say(bot.school, "c'est dans Pix Orga", thread=root)
    bot.server.person(LEA).say(bot.school, "ok merci Sam !", thread=root)
    await bot.settle()
    assert bot.kinds() == ["answer"]
    bot.server.person(LEA).say(bot.school, "et la girafe du gymnase ?", thread=root)
    await bot.settle()
    assert len(bot.kinds()) == 2, "a question is still one"


async def test_conversation_3_what_comes_later_rings_the_one_person_and_never_all(bot: BotTester) -> None:
    offer = await offered(bot)
    vera = offer.mentions[0]
    await bot.says(vera, "au *sous-sol* <b>", room=bot.helpers, reply_to=offer.event_id)
    relay = bot.last()
    assert [(m.msgtype, m.mentions) for m in (offer, relay)] == [("m.text", (vera,)), ("m.text", (LEA,))]
    assert bot.shown()[0].msgtype == "m.notice", "what answers at once"
    for message in (*bot.shown(), *bot.shown(bot.helpers)):
        assert message.html
        assert "@room" not in message.body
        assert "room" not in message.content["m.mentions"]
    assert "&lt;b&gt;" in relay.html, "what somebody typed is shown as it was typed"


async def test_conversation_4_taps_of_the_asker_only_and_a_bare_sign_for_ten_minutes(bot: BotTester) -> None:
    await bot.says(LEA, UNKNOWN)
    await bot.reacts(SAM, bot.last().event_id, "🙋")
    assert (await only(bot)).state is State.OPEN
    await bot.advance(minutes=11)
    await bot.says(LEA, "🙋", to_bot=False)
    assert (await only(bot)).state is State.OPEN, "a bare sign is too late"
    await bot.says(LEA, "🙋", reply_to=bot.last().event_id)
    assert (await only(bot)).state is State.ASKED


async def test_conversation_4_a_bare_sign_for_two_questions_counts_for_neither_and_is_asked_about(
    bot: BotTester,
) -> None:
    await bot.says(LEA, UNKNOWN)
    await bot.says(LEA, "qui sait où est la clé du gymnase rose ?")
    await bot.says(LEA, "🙋", to_bot=False)
    assert {t.state for t in await bot.tickets()} == {State.OPEN}
    assert "répondez au message concerné" in bot.last().body
    await bot.says(SAM, "🙋", to_bot=False)
    assert bot.kinds() == ["route", "route", "command"], "nothing waits for Sam"


async def test_conversation_1_exclamation_marks_are_no_command(bot: BotTester) -> None:
    await bot.says(SAM, "!! réunion à 17 h, le portail sera bleu", to_bot=False)
    assert bot.kinds() == []
    assert "portail" not in everything_stored(bot.folder)


async def test_conversation_5_a_faq_answer_is_one_event_and_a_routed_one_three_messages(
    bot: BotTester,
) -> None:
    await bot.says(LEA, PASSWORD)
    sent = [e for e in bot.server.room(bot.school).events if e.sender == BOT and e.type == MESSAGE]
    assert len([e for e in sent if e.content["fr.helpbot"]["kind"] != "greeting"]) == 1
    before = len(bot.shown())
    question = await asked(bot)
    offer = bot.shown(bot.helpers, kind="offer")[-1]
    await bot.reacts(offer.mentions[0], offer.event_id, "✋", room=bot.helpers)
    await bot.says(offer.mentions[0], "au sous-sol", room=bot.helpers, reply_to=offer.event_id)
    await bot.reacts(LEA, bot.last().event_id, "✅")
    mine = bot.shown()[before:]
    assert len(mine) <= 3
    assert all(m.content["fr.helpbot"]["question"] == question for m in mine)


async def test_conversation_6_an_edit_edits_and_a_deletion_withdraws_everything(bot: BotTester) -> None:
    question = await bot.says(LEA, PASSWORD)
    await bot.says(LEA, "combien de place dans Nuage ?", edit=question)
    assert bot.kinds() == ["answer"]
    assert bot.last().content["fr.helpbot"]["entry"] == "apps-nuage"
    other = await asked(bot)
    assert len(bot.shown(bot.helpers)) == 1
    await bot.deletes(LEA, other)
    assert bot.shown(bot.helpers) == []
    await bot.deletes(LEA, question)
    assert bot.shown() == []


async def test_conversation_7_a_text_goes_only_where_its_author_agreed(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path, clock, encrypted=True) as bot:
        await bot.says(LEA, UNKNOWN)
        assert bot.shown(bot.helpers) == [], "not before a yes"
        assert "sans votre nom" in bot.last().body
        assert "volontaires, et s’il le faut les référents" in bot.last().body, "where it will be seen"
        bot.server.person(ANNE).open_to(bot.helpers, Access.UNRESTRICTED)
        await bot.settle()
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        assert bot.shown(bot.helpers) == [], "guests may sit there now: checked again when it is decided"
        direct = await bot.direct(VOLUNTEERS[0])
        await asked(bot, user=SAM, text=UNKNOWN + " et sa notice")
        [offer] = bot.shown(direct, kind="offer")
        assert "Sam" not in offer.body
        assert "salon où la question est posée" in offer.body


async def test_conversation_8_it_answers_no_program_and_asks_whom_words_are_for(bot: BotTester) -> None:
    program = {"msgtype": "m.text", "body": f"helpbot {PASSWORD}", "fr.helpbot": {"kind": "answer"}}
    bot.server.person(SAM).send(bot.school, MESSAGE, program)
    bot.server.person(SAM).say(bot.school, PASSWORD, msgtype="m.notice", mention=[BOT])
    await bot.settle()
    assert bot.kinds() == []
    rooms = {v: await bot.direct(v) for v in VOLUNTEERS}
    await asked(bot)
    [vera] = [v for v, r in rooms.items() if bot.shown(r, kind="offer")]
    await bot.reacts(vera, bot.last(rooms[vera]).event_id, "✋", room=rooms[vera])
    await bot.says(vera, "au sous-sol, derrière", room=rooms[vera], to_bot=False)
    assert "pour votre collègue" in bot.last(rooms[vera]).body


async def test_conversation_9_what_concerns_one_person_is_told_to_that_person(bot: BotTester) -> None:
    await asked(bot)
    room = await bot.direct(LEA)
    await bot.says(LEA, "!mesquestions")
    assert "thermostat" in bot.last(room).body
    assert "thermostat" not in "".join(m.body for m in bot.shown(kind="command"))


# --- finding a helper


async def test_helper_1_a_restart_neither_repeats_nor_skips_a_step(bot: BotTester) -> None:
    offer = await offered(bot)
    await bot.restart()
    await bot.reacts(offer.mentions[0], offer.event_id, "✋", room=bot.helpers)
    await bot.restart()
    await bot.says(offer.mentions[0], "là", room=bot.helpers, reply_to=offer.event_id)
    await bot.restart()
    await bot.reacts(LEA, bot.last().event_id, "✅")
    await bot.restart()
    assert (await only(bot)).state is State.SOLVED
    assert bot.kinds() == ["status", "relay"]
    assert len(bot.shown(bot.helpers)) == 1


async def test_helper_2_the_same_school_comes_first(tmp_path: Path, clock: FakeClock) -> None:
    near = RoomPolicy(school="Collège Exemple", academie="Dijon", level="college")
    async with BotTester(tmp_path, clock, room_settings=near) as bot:
        where = {VOLUNTEERS[3]: "collège académie de Dijon", VOLUNTEERS[4]: "école : Collège Exemple"}
        for user, words in where.items():
            await bot.says(user, f"!volontaire {words}", room=bot.helpers, to_bot=False)
        await asked(bot)
        await bot.advance(minutes=46)
        ticket = await only(bot)
        assert [o.user for o in ticket.offers[:2]] == [VOLUNTEERS[4], VOLUNTEERS[3]]
        assert [o.why.nearness for o in ticket.offers if o.why][:2] == [Nearness.SCHOOL, Nearness.LEVEL]


async def test_helper_3_nobody_is_asked_at_night_nor_in_the_last_minutes_nor_above_their_cap(
    tmp_path: Path,
) -> None:
    async with BotTester(tmp_path, FakeClock(FRIDAY_EVENING), hours=OFFICE) as bot:
        await asked(bot)  # 17:30
        await bot.advance(minutes=21)  # 17:51, the last fifteen minutes
        assert len(bot.shown(bot.helpers, kind="offer")) == 1
        assert "lundi 5\u00a0octobre à 8\u00a0h" in bot.last().body
        await bot.advance(days=2)
        assert len(bot.shown(bot.helpers, kind="offer")) == 1
        await bot.advance(hours=15)
        assert len(bot.shown(bot.helpers, kind="offer")) == 2
        first = bot.shown(bot.helpers, kind="offer")[0].mentions[0]
        assert [o.user for o in (await only(bot)).offers].count(first) == 1


async def test_helper_4_waves_of_one_one_two_and_a_pass_brings_the_next_at_once(bot: BotTester) -> None:
    offer = await offered(bot)
    sizes = [1]
    for _ in range(3):
        await bot.advance(minutes=21)
        sizes.append(len([m for m in bot.shown(bot.helpers, kind="offer") if m.mentions]))
    assert sizes == [1, 2, 4, 4]
    await asked(bot, user=SAM, text=UNKNOWN + " et sa notice")
    fresh = bot.shown(bot.helpers, kind="offer")[-1]
    await bot.reacts(fresh.mentions[0], fresh.event_id, "⏭️", room=bot.helpers)
    stood = bot.shown(bot.helpers, kind="offer")[-1]
    assert stood.event_id != fresh.event_id
    assert offer.mentions != ()


async def test_helper_5_a_silent_claim_is_reminded_once_and_then_given_to_another(bot: BotTester) -> None:
    offer = await offered(bot)
    vera = offer.mentions[0]
    await bot.reacts(vera, offer.event_id, "✋", room=bot.helpers)
    await bot.advance(minutes=59)
    assert len(bot.shown(bot.helpers)) == 1
    await bot.advance(minutes=2)
    assert bot.last(bot.helpers).mentions == (vera,)
    await bot.advance(minutes=21)
    ticket = await only(bot)
    assert (ticket.state, ticket.helper) == (State.ASKED, None)
    assert bot.last(bot.helpers).mentions not in ((vera,), ())


async def test_helper_6_nobody_left_is_a_post_a_digest_and_after_five_school_days_the_gap_report(
    tmp_path: Path,
) -> None:
    plan = Plan(waves=(1,))
    async with BotTester(
        tmp_path,
        FakeClock(FRIDAY_EVENING - 8 * 3_600_000),
        hours=OFFICE,
        plan=plan,
        volunteers=VOLUNTEERS[:1],
    ) as bot:
        await asked(bot)
        await bot.advance(minutes=46)
        post = bot.last(bot.helpers)
        assert (post.msgtype, post.mentions) == ("m.notice", ())
        assert "lundi 5\u00a0octobre à 8\u00a0h" in bot.last().body, "the asker knows when it goes on"
        await bot.advance(days=3)
        assert (await only(bot)).ref in bot.last(bot.helpers).body
        for _ in range(6):
            await bot.advance(days=1)
        ticket = await only(bot)
        assert (ticket.state, ticket.outcome) == (State.EXPIRED, Outcome.NOBODY)
        assert (await bot.totals()).ended == {"nobody": 1}
        assert len(bot.shown()) == 1, "all of it told by edits of one message"


async def test_helper_7_a_colleague_in_the_room_who_is_first_is_the_helper(bot: BotTester) -> None:
    question = await asked(bot)
    await bot.says(SAM, "il est derrière la porte rouge", reply_to=question)
    ticket = await only(bot)
    assert (ticket.helper, ticket.outcome) == (SAM, Outcome.PEER)
    assert all(o.state is not OfferState.OPEN for o in ticket.offers)
    assert "porte rouge" not in everything_stored(bot.folder)


async def test_helper_8_who_was_asked_least_comes_first_and_may_ask_why(bot: BotTester) -> None:
    rooms: dict[str, RoomId] = {v: await bot.direct(v) for v in VOLUNTEERS}
    seen: list[str] = []
    for n in range(len(VOLUNTEERS)):
        await asked(bot, text=f"{UNKNOWN} numéro {n} {'abcde'[n] * 5}")
        offer = next(o for o in (await bot.tickets())[-1].offers)
        seen.append(offer.user)
        await bot.says(offer.user, "je passe", room=rooms[offer.user], to_bot=False)
        for other in (await bot.tickets())[-1].offers[1:]:
            seen.append(other.user)
        await bot.says(LEA, "!annuler")
    assert set(seen[: len(VOLUNTEERS)]) == set(VOLUNTEERS), "each once before anybody twice"
    await bot.says(seen[-1], "!pourquoi", room=rooms[seen[-1]], to_bot=False)
    assert "vous a été proposée" in bot.last(rooms[seen[-1]]).body
