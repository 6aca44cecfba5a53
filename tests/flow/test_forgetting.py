"""`!oubliezmoi`: nothing of one of twenty is left in any byte, and everything of the others is."""

from __future__ import annotations

import asyncio
import io
import logging
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from staffroom import ROLES, StaffRoom, traces, words_of

from helpbot.adapters.db.copying import copy_database
from helpbot.adapters.erasures import FileJournal
from helpbot.adapters.logs import set_up_logs
from helpbot.core.erasure import Erasure
from helpbot.core.ids import EventId, UserId
from helpbot.core.report import publish
from helpbot.core.routing import Caps
from helpbot.core.tickets import Plan, State
from helpbot.flow.erasure import finish
from helpbot.flow.mydata import document
from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import ANNE, BOT, LEA, PASSWORD, SAM, UNKNOWN, BotTester, pseudonym


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the program logs, debug lines included."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    set_up_logs(json=True, verbose=True, stream=stream)
    yield stream
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = handlers, level


def needles(room: StaffRoom, role: str) -> tuple[str, ...]:
    user = room.people[role]
    return (user, user[1:].partition(":")[0], room.first_name(role), words_of(role))


@pytest.mark.slow
@pytest.mark.parametrize("role", ["asker1", "asker2", "asker5", "helper1", "helper2"])
async def test_no_byte_of_who_was_forgotten_is_left(log: io.StringIO, room: StaffRoom, role: str) -> None:
    user, theirs = room.people[role], needles(room, role)
    before = b"".join(room.stored().values())
    assert traces(before, theirs[:1]) == [user]
    direct = room.directs.get(role)
    if role == "helper1":  # who has helped
        await room.says(user, "!monparcours fichiers", room=direct)
        files = b"".join(data for _, _, data in room.server.files.values())
        assert traces(files, theirs) == [room.first_name(role)]
    await room.says(user, "!oubliezmoi", room=direct)
    await room.says(user, "!oubliezmoi oui", room=direct)
    if direct is not None:
        assert not any(m.content.get("msgtype") == "m.file" for m in room.shown(direct))
    for name, data in room.stored().items():
        assert traces(data, theirs) == [], name
    assert traces(log.getvalue().encode(), theirs) == []
    known = room.running.setting.names.known
    assert user not in known
    await _nothing_in_what_is_made_of_it(room, theirs)
    others = [r for r in ROLES if r != role]
    left = b"".join(room.stored().values())
    assert all(traces(left, (room.people[r],)) for r in others if r.startswith("helper"))


async def _nothing_in_what_is_made_of_it(room: StaffRoom, theirs: tuple[str, ...]) -> None:
    """A new backup, the reports, and the data of everybody else."""
    copy = room.folder.parent / "copy.db"
    copy_database(room.folder, copy)
    assert traces(copy.read_bytes(), theirs) == []
    report = publish(await room.totals())
    assert traces(repr(report).encode(), theirs) == []
    await room.says(ANNE, "!bilan", room=room.review)
    assert traces(room.last(room.review).body.encode(), theirs) == []
    for name, text in (await room.exports()).items():
        assert traces(text.encode(), theirs) == [], name
    setting, now = room.running.setting, room.clock.now()
    for their in map(UserId, room.people.values()):
        data = await room.running.store.run(lambda tx, u=their: document(tx, setting, u, now))
        assert their in theirs or traces(data.text.encode(), theirs) == []


@pytest.fixture(params=["encrypted", "plain"])
def bot(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock, runner: asyncio.Runner
) -> Iterator[BotTester]:
    """The bot with one volunteer more than is asked first."""
    plan = Plan(caps=Caps(100, 100, 100))
    volunteers = ("@vera:test", "@victor:test")
    tester = BotTester(
        tmp_path, clock, encrypted=request.param == "encrypted", volunteers=volunteers, plan=plan
    )
    runner.run(tester.start())
    yield tester
    runner.run(tester.stop())


async def asked(bot: BotTester, asker: str = LEA) -> tuple[str, EventId]:
    """Somebody asks; returns who is asked to help, and the offer."""
    await bot.says(asker, UNKNOWN)
    await bot.reacts(asker, bot.last().event_id, "👤")
    offer = bot.shown(bot.helpers, kind="offer")[-1]
    return offer.content["m.mentions"]["user_ids"][0], offer.event_id


async def test_it_asks_once_and_only_its_author_may_say_yes(bot: BotTester) -> None:
    await bot.says(LEA, PASSWORD)
    await bot.says(LEA, "!oubliezmoi")
    question = bot.last()
    assert "Tout oublier de vous" in question.body
    assert "conversation" not in question.body
    await bot.reacts(SAM, question.event_id, "✅")
    await bot.reacts(LEA, question.event_id, "❌")
    assert len(await bot.tickets()) == 1
    await bot.reacts(LEA, question.event_id, "✅")
    assert await bot.tickets() == []
    assert "C’est fait" in bot.last().body
    assert bot.kinds() == ["command", "command"]  # the answer of the FAQ is deleted


async def test_a_yes_may_be_a_reply_and_a_direct_message_is_left_last(bot: BotTester) -> None:
    direct = await bot.direct(LEA)
    await bot.says(LEA, "!oubliezmoi", room=direct)
    await bot.says(LEA, "oui", room=direct, reply_to=bot.last(direct).event_id)
    assert "Je quitte cette conversation" in bot.last(direct).body
    assert bot.server.room(direct).membership(BOT) == "leave"
    await bot.restart()
    await bot.sweep()
    rows = await bot.running.store.run(lambda tx: tx.holdings(UserId(LEA), pseudonym(LEA)))
    assert rows == {}
    again = await bot.direct(LEA)
    await bot.says(LEA, PASSWORD, room=again)
    assert bot.kinds(again) == ["answer"]


async def test_an_open_question_is_withdrawn_and_its_copies_go(bot: BotTester) -> None:
    await asked(bot)
    await bot.says(LEA, "!oubliezmoi oui")
    assert [m for m in bot.shown(bot.helpers) if "thermostat" in m.body] == []
    assert bot.kinds() == ["command"]
    await bot.advance(days=8)
    assert bot.kinds() == ["command"]  # no timer speaks of it any more
    assert (await bot.running.store.run(lambda tx: tx.backlog())).outbox_parked == 0


async def test_what_a_volunteer_held_is_asked_of_somebody_else(bot: BotTester) -> None:
    helper, offer = await asked(bot)
    await bot.reacts(helper, offer, "✋", room=bot.helpers)
    await bot.says(helper, "!oubliezmoi oui", room=bot.helpers)
    [ticket] = await bot.tickets()
    assert ticket.state is State.ASKED
    assert ticket.helper is None
    other = bot.shown(bot.helpers, kind="offer")[-1]
    assert other.content["m.mentions"]["user_ids"][0] not in (helper, "")
    await bot.reacts(other.content["m.mentions"]["user_ids"][0], other.event_id, "✋", room=bot.helpers)
    assert (await bot.tickets())[0].state is State.CLAIMED


async def test_the_answers_of_a_helper_go_and_the_question_stays_usable(bot: BotTester) -> None:
    helper, offer = await asked(bot)
    await bot.says(helper, "derrière la porte", room=bot.helpers, reply_to=offer)
    assert any("derrière" in m.body for m in bot.shown())
    name = bot.running.setting.names.first_name(UserId(helper))
    assert any(name in m.body for m in bot.shown())
    await bot.says(helper, "!oubliezmoi oui", room=bot.helpers)
    assert not any("derrière" in m.body or name in m.body for m in bot.shown())
    assert "Un·e collègue s’est occupé·e" in bot.shown()[0].body
    await bot.reacts(LEA, bot.shown()[0].event_id, "✅")
    [ticket] = await bot.tickets()
    assert ticket.state is State.SOLVED
    said = bot.kinds(bot.helpers)
    await bot.advance(days=2)  # nobody is thanked
    assert bot.kinds(bot.helpers) == said
    counts = await bot.totals()
    assert counts.ended == {"volunteer": 1}


async def test_what_is_under_way_to_the_room_is_deleted_there(bot: BotTester) -> None:
    helper, offer = await asked(bot)
    bot.server.lose_reply("send", room=bot.school)
    await bot.says(helper, "derrière la porte", room=bot.helpers, reply_to=offer)
    await bot.says(helper, "!oubliezmoi oui", room=bot.helpers)
    await bot.advance(minutes=10)
    assert not any("derrière" in m.body for m in bot.shown())
    assert (await bot.running.store.run(lambda tx: tx.backlog())).outbox_parked == 0


async def test_a_restored_backup_forgets_again(bot: BotTester) -> None:
    helper, offer = await asked(bot)
    await bot.says(helper, "derrière la porte", room=bot.helpers, reply_to=offer)
    await bot.says(SAM, f"{UNKNOWN} et le second ?")
    copy_database(bot.folder, bot.folder / "old.db")
    await bot.says(LEA, "!oubliezmoi oui")
    await bot.says(helper, "!oubliezmoi oui", room=bot.helpers)
    await bot.stop()
    for suffix in ("-wal", "-shm"):
        (bot.folder / f"helpbot.db{suffix}").unlink(missing_ok=True)
    (bot.folder / "old.db").rename(bot.folder / "helpbot.db")
    bot.seeds = [s for s in bot.seeds if s.user != helper]
    await bot.start()
    left = b"".join(p.read_bytes() for p in bot.folder.glob("helpbot.db*"))
    for user in (LEA, helper):
        assert traces(left, (user, "derrière la porte")) == []
        rows = await bot.running.store.run(lambda tx, u=user: tx.holdings(UserId(u), pseudonym(u)))
        assert rows == {}
    assert traces(left, (SAM,)) == [SAM]
    await bot.says(LEA, PASSWORD)  # who comes back is not forgotten at each start
    await bot.restart()
    assert [t.asker for t in await bot.tickets()][-1] == LEA
    # The cursor went back too: what they had said is heard again, and is the same wish.
    assert {e.person for e in bot.journal.read()} == {pseudonym(LEA), pseudonym(helper)}


async def test_who_objected_to_being_counted_still_does(bot: BotTester) -> None:
    await bot.says(SAM, "!opposition")
    await bot.says(SAM, "!oubliezmoi oui")
    rows = await bot.running.store.run(lambda tx: tx.holdings(UserId(SAM), pseudonym(SAM)))
    assert [(name, [r["what"] for r in found]) for name, found in rows.items()] == [("told", ["objects"])]


async def test_the_log_keeps_durations_and_months_but_no_moment(bot: BotTester) -> None:
    helper, offer = await asked(bot)
    bot.clock.advance(minutes=7)
    await bot.says(helper, "derrière la porte", room=bot.helpers, reply_to=offer)
    await bot.reacts(LEA, bot.shown(kind="relay")[-1].event_id, "✅")
    before = await bot.totals()
    asked_at = (await bot.tickets())[0].asked_at
    await bot.says(LEA, "!oubliezmoi oui")
    after = await bot.totals()
    assert after.months == before.months
    assert after.by_theme == before.by_theme
    assert after.answer_wall == before.answer_wall
    with sqlite3.connect(bot.folder / "helpbot.db") as database:
        [row] = database.execute("SELECT ticket, asker, helper, asked_at FROM help_log").fetchall()
    assert row[0] < 0
    assert row[1] == ""
    assert row[2] == pseudonym(helper)
    assert row[3] != asked_at
    assert datetime.fromtimestamp(row[3] / 1000, UTC).day == 1


class _FullDisk:
    """A journal that cannot be written for a while."""

    def __init__(self, journal: FileJournal, times: int) -> None:
        self._journal = journal
        self.times = times

    def read(self) -> list[Erasure]:
        return self._journal.read()

    def add(self, erasures: Iterable[Erasure]) -> None:
        if self.times:
            self.times -= 1
            raise OSError(28, "No space left on device")
        self._journal.add(erasures)


async def test_what_cannot_be_journalled_now_is_journalled_later_and_once(bot: BotTester) -> None:
    full = _FullDisk(bot.journal, 2)
    bot.running.journal = full
    await bot.says(LEA, "!oubliezmoi oui")
    assert bot.journal.read() == []
    assert "C’est fait" in bot.last().body  # it is; only a restored backup would not know
    assert await finish(bot.running.store, full)
    assert bot.journal.read() == []
    await bot.restart()
    assert [e.person for e in bot.journal.read()] == [pseudonym(LEA)]
    assert not await finish(bot.running.store, bot.journal)
