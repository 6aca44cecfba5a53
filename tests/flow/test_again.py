"""What comes twice, late, out of order, or after its question had ended."""

from __future__ import annotations

from pathlib import Path

from helpbot.core.effects import JobKind
from helpbot.core.records import InboxItem, Job
from helpbot.core.tickets import State
from helpbot.flow.timers import _put_off, run_due_job
from helpbot.ports import Tx
from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import BOT, LEA, PASSWORD, SAM, SESSION, UNKNOWN, VOLUNTEERS, BotTester

BETWEEN = "comment créer une session ou retrouver un mot de passe pix"


async def asked(bot: BotTester) -> str:
    await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    return bot.shown(bot.helpers, kind="offer")[-1].mentions[0]


async def test_an_item_that_was_taken_up_twice_is_decided_once(bot: BotTester) -> None:
    await asked(bot)
    bot.server.person(LEA).say(bot.school, "au premier étage", reply_to=bot.last().event_id)
    await bot.running.sync_once()
    [item] = bot.running.inbox
    bot.running.inbox.append(InboxItem(item.event, item.received_at))
    await bot.settle()
    assert bot.last(bot.helpers).body.count("au premier étage") == 1


async def test_an_edit_reaches_the_newest_message_of_its_kind(bot: BotTester) -> None:
    question = await bot.says(LEA, PASSWORD)
    await bot.says(LEA, "❌", to_bot=False)
    await bot.says(LEA, SESSION, edit=question)
    assert len(bot.shown()) == 1
    await bot.says(LEA, "❌", to_bot=False)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    assert len(bot.shown()) == 2
    assert "demande à un·e collègue" in bot.last().body


async def test_a_tap_on_an_answer_that_the_bot_does_not_know_to_be_sent(bot: BotTester) -> None:
    bot.server.lose_reply("send")
    bot.server.person(LEA).say(bot.school, PASSWORD, mention=[BOT])
    running = bot.running
    await running.sync_once()
    await running.handle_one()
    await running.deliver_one()
    await bot.stop()
    bot.server.person(LEA).react(bot.school, bot.last().event_id, "✅")
    await bot.start()
    assert bot.kinds() == ["answer"]
    assert (await bot.totals()).feedback["yes"].count == 1


async def test_a_digit_counts_from_when_it_was_typed(bot: BotTester) -> None:
    await bot.says(LEA, BETWEEN)
    await bot.stop()
    bot.clock.advance(minutes=2)
    bot.server.person(LEA).say(bot.school, "1")
    bot.clock.advance(minutes=40)
    await bot.start()
    assert bot.kinds() == ["answer"]


async def test_a_digit_typed_too_late_is_not_for_the_bot(bot: BotTester) -> None:
    await bot.says(LEA, BETWEEN)
    bot.clock.advance(minutes=11)
    await bot.says(LEA, "1", to_bot=False)
    assert bot.kinds() == ["clarify"]


async def test_a_sealed_question_from_before_a_long_outage_is_acknowledged(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path, clock) as bot:
        await bot.stop()
        bot.server.withhold_keys(bot.school)
        bot.server.person(LEA).say(bot.school, PASSWORD, mention=[BOT])
        clock.advance(days=3)
        await bot.start()
        assert bot.kinds() == []
        bot.server.release_keys()
        await bot.settle()
        assert bot.kinds() == ["late"]


async def test_ciphertext_is_dropped_after_two_days(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock) as bot:
        bot.server.withhold_keys(bot.school)
        await bot.says(LEA, PASSWORD)
        assert len(await bot.running.store.run(lambda tx: tx.sealed(None))) == 1
        clock.advance(hours=49)
        await bot.sweep()
        assert await bot.running.store.run(lambda tx: tx.sealed(None)) == []


async def test_deleting_a_question_that_was_called_off_takes_its_traces(bot: BotTester) -> None:
    question = await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    await bot.says(LEA, "!annuler")
    assert bot.shown()
    await bot.deletes(LEA, question)
    assert bot.shown() == []
    assert bot.shown(bot.helpers) == []
    [ticket] = await bot.tickets()
    assert ticket.text == ""


async def test_words_for_a_colleague_keep_their_tie_to_the_copy(bot: BotTester) -> None:
    rooms = {v: await bot.direct(v) for v in VOLUNTEERS}
    vera = await asked_directly(bot, rooms)
    words = await bot.says(vera, "au sous-sol", room=rooms[vera], to_bot=False)
    await bot.says(vera, "1", room=rooms[vera], to_bot=False)
    assert "au sous-sol" in bot.last().body
    await bot.says(vera, "au grenier", room=rooms[vera], edit=words)
    assert "au grenier" in bot.last().body
    await bot.deletes(vera, words, room=rooms[vera])
    assert "grenier" not in "".join(m.body for m in bot.shown())


async def asked_directly(bot: BotTester, rooms: dict[str, str]) -> str:
    await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    [vera] = [v for v, r in rooms.items() if bot.shown(r, kind="offer")]  # type: ignore[arg-type]
    return vera


async def test_an_edit_that_empties_a_relayed_text_takes_the_copy_back(bot: BotTester) -> None:
    vera = await asked(bot)
    offer = bot.last(bot.helpers)
    answer = await bot.says(vera, "derrière la porte", room=bot.helpers, reply_to=offer.event_id)
    await bot.says(vera, " ", room=bot.helpers, edit=answer)
    assert "derrière la porte" not in "".join(m.body for m in bot.shown())


async def test_a_question_edited_into_danger_gets_the_numbers(bot: BotTester) -> None:
    question = await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    await bot.says(LEA, "un élève de 4e m'a dit qu'il veut mourir ce soir", edit=question)
    assert "3114" in bot.last().body
    assert "thermostat" not in "".join(m.body for m in bot.shown(bot.helpers))
    await bot.advance(days=1)
    assert bot.shown(bot.helpers, kind="offer") == []


async def test_a_timer_that_fails_is_tried_again_in_a_minute(bot: BotTester) -> None:
    await asked(bot)
    bot.clock.advance(minutes=21)
    setting, store = bot.running.setting, bot.running.store
    broken, setting.catalogue = setting.catalogue, None  # type: ignore[assignment]
    running = bot.running
    assert await run_due_job(store, running.homeserver, bot.clock, setting) is not None
    setting.catalogue = broken
    await bot.settle()
    assert len(bot.shown(bot.helpers, kind="offer")) == 1
    await bot.advance(minutes=1)
    assert len(bot.shown(bot.helpers, kind="offer")) == 2


async def test_a_timer_that_failed_may_have_been_set_anew_meanwhile(bot: BotTester) -> None:
    written = await bot.running.store.run(lambda tx: _put_off(tx, bot.clock.now()))
    assert written.rows == []


async def test_the_auditor_goes_on_with_a_search_that_had_stopped(bot: BotTester) -> None:
    await asked(bot)
    [ticket] = await bot.tickets()

    def lose(tx: object) -> None:
        for job in tx.due_jobs(bot.clock.now() + 10**10):  # type: ignore[attr-defined]
            if job.kind is not JobKind.EXPIRE:
                tx.finish_job(Job(ticket.id, job.kind, job.due, job.epoch))  # type: ignore[attr-defined]

    await bot.running.store.run(lose)
    await bot.advance(minutes=90)
    assert len(bot.shown(bot.helpers, kind="offer")) == 1
    await bot.sweep()
    await bot.settle()
    assert len(bot.shown(bot.helpers, kind="offer")) == 2


async def test_the_auditor_finds_a_question_that_nothing_would_end(bot: BotTester) -> None:
    for user, text in ((LEA, UNKNOWN), (SAM, PASSWORD)):
        await bot.says(user, text)

    def lose(tx: Tx) -> None:
        for job in tx.due_jobs(bot.clock.now() + 30 * 86_400_000):
            if job.kind in (JobKind.EXPIRE, JobKind.CLOSE):
                tx.finish_job(job)

    await bot.running.store.run(lose)
    await bot.advance(days=10)
    assert [t.ended for t in await bot.tickets()] == [False, False]
    await bot.sweep()
    await bot.settle()
    assert [t.state for t in await bot.tickets()] == [State.EXPIRED, State.SOLVED]
