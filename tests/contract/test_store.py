"""What the flow relies on in a store, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from postgres import postgres_url

from helpbot.adapters.db import open_store
from helpbot.adapters.db.engine import database_url, make_engine
from helpbot.core.effects import JobKind
from helpbot.core.habits import Habits
from helpbot.core.ids import EventId, RoomId, TicketId, UserId
from helpbot.core.incoming import Access, Membership, Message, Reaction, Redaction, RoomFacts, Sealed
from helpbot.core.moves import Move, MoveState
from helpbot.core.records import (
    Backlog,
    Chosen,
    HelpRecord,
    InboxItem,
    Job,
    Listed,
    Load,
    OutboxRow,
    Priority,
    RoomRow,
    Seed,
    SentMessage,
)
from helpbot.core.report import Tally, Waits
from helpbot.core.routing import Caps
from helpbot.core.tickets import Offer, OfferState, Outcome, Pending, Plan, State, Ticket
from helpbot.ports import Store, Tx

ROOM, OTHER = RoomId("!a:t"), RoomId("!b:t")
LEA, SAM, VERA = UserId("@lea:t"), UserId("@sam:t"), UserId("@vera:t")
NOW, HOUR, DAY = 1_790_578_800_000, 3_600_000, 86_400_000


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with postgres_url() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path, runner: asyncio.Runner) -> Iterator[Store]:
    url = None
    if request.param == "postgres":
        url = request.getfixturevalue("postgres")
        engine = make_engine(database_url(url, tmp_path))
        with engine.begin() as connection:
            connection.execute(sa.text("DROP SCHEMA public CASCADE"))
            connection.execute(sa.text("CREATE SCHEMA public"))
        engine.dispose()
    opened = open_store(url, tmp_path)
    yield opened
    runner.run(opened.close())


def message(n: int, **more: Any) -> Message:
    return Message(EventId(f"$m{n}"), ROOM, LEA, NOW, f"question {n}", **more)


def ticket(n: int = 1, **changes: Any) -> Ticket:
    plain = Ticket(TicketId(0), f"REF{n}", ROOM, LEA, EventId(f"$q{n}"), None, f"texte {n}", NOW)
    return replace(plain, **changes)


def row(txn: str, **changes: Any) -> OutboxRow:
    content = {"body": txn, "m.mentions": {}}
    return replace(OutboxRow(txn, ROOM, "m.room.message", content, Priority.ANSWER, NOW), **changes)


async def test_a_transaction_keeps_all_or_nothing(store: Store) -> None:
    def fails(tx: Any) -> None:
        tx.set_cursor("s1")
        tx.add_inbox(InboxItem(message(1), NOW))
        raise ValueError

    with pytest.raises(ValueError):
        await store.run(fails)
    assert await store.run(lambda tx: (tx.cursor(), tx.knows_event("$m1"))) == (None, False)
    await store.run(lambda tx: tx.set_cursor("s2"))
    await store.run(lambda tx: tx.set_cursor("s3"))
    assert await store.run(lambda tx: tx.cursor()) == "s3"


async def test_rooms_are_replaced_whole(store: Store) -> None:
    facts = RoomFacts(ROOM, encrypted=True, version="12", direct_with=SAM, access=Access.DIRECT)
    full = RoomRow(facts, Membership.JOIN, inviter=SAM, invited_direct=True, greeted=True, attempts=2)
    await store.run(lambda tx: tx.save_room(full))
    assert await store.run(lambda tx: tx.room(ROOM)) == full
    assert await store.run(lambda tx: tx.joined_rooms()) == [facts]
    assert await store.run(lambda tx: tx.direct_room(SAM)) == facts
    await store.run(lambda tx: tx.save_room(replace(full, membership=Membership.LEAVE)))
    assert await store.run(lambda tx: (tx.joined_rooms(), tx.direct_room(SAM))) == ([], None)
    assert await store.run(lambda tx: tx.room(OTHER)) is None


async def test_an_encrypted_direct_message_comes_before_a_plain_one(store: Store) -> None:
    for room, encrypted in ((ROOM, False), (OTHER, True)):
        facts = RoomFacts(room, encrypted=encrypted, direct_with=SAM)
        await store.run(lambda tx, f=facts: tx.save_room(RoomRow(f, Membership.JOIN)))
    found = await store.run(lambda tx: tx.direct_room(SAM))
    assert found is not None
    assert found.room == OTHER


async def test_the_direct_message_in_use_comes_before_the_others(store: Store) -> None:
    rooms = [RoomFacts(RoomId(f"!{n}:t"), encrypted=n != "z", direct_with=SAM) for n in "xyz"]

    def used(tx: Tx, room: RoomFacts) -> RoomFacts | None:
        tx.use_direct(SAM, room.room)
        return tx.direct_room(SAM)

    def fill(tx: Tx) -> RoomFacts | None:
        for facts in (*rooms, RoomFacts(OTHER, encrypted=True, direct_with=LEA)):
            tx.save_room(RoomRow(facts, Membership.JOIN))
        tx.use_direct(LEA, OTHER)
        return tx.direct_room(SAM)

    assert await store.run(fill) == rooms[0]
    assert await store.run(lambda tx: used(tx, rooms[1])) == rooms[1]
    assert await store.run(lambda tx: used(tx, rooms[0])) == rooms[0]
    assert await store.run(lambda tx: used(tx, rooms[2])) == rooms[0], "an encrypted one comes first"
    assert await store.run(lambda tx: [tx.room(r.room).in_use for r in rooms]) == [False, False, True]
    assert await store.run(lambda tx: tx.room(OTHER).in_use), "another's stay as they are"


async def test_invitations_wait_until_they_may_be_tried(store: Store) -> None:
    rows = [
        RoomRow(RoomFacts(RoomId("!1:t")), Membership.INVITE, inviter=SAM),
        RoomRow(RoomFacts(RoomId("!2:t")), Membership.INVITE, inviter=SAM, not_before=NOW + 1),
        RoomRow(RoomFacts(RoomId("!3:t")), Membership.JOIN, inviter=SAM),
        RoomRow(RoomFacts(RoomId("!4:t")), Membership.JOIN, inviter=SAM, greeted=True),
        RoomRow(RoomFacts(RoomId("!5:t")), Membership.JOIN),
        RoomRow(RoomFacts(RoomId("!6:t")), Membership.LEAVE, inviter=SAM),
    ]
    await store.run(lambda tx: [tx.save_room(r) for r in rows])
    assert [r.facts.room for r in await store.run(lambda tx: tx.invitations(NOW))] == ["!1:t", "!3:t"]
    assert len(await store.run(lambda tx: tx.invitations(NOW + 1))) == 3


async def test_an_event_comes_into_the_inbox_once_and_leaves_it_once(store: Store) -> None:
    item = InboxItem(message(1, mentions=(SAM,), thread=EventId("$t")), NOW, sensitive="danger")
    assert await store.run(lambda tx: (tx.add_inbox(item), tx.add_inbox(item))) == (True, False)
    assert await store.run(lambda tx: tx.waiting_inbox(NOW)) == [item]
    assert await store.run(lambda tx: (tx.finish_inbox("$m1"), tx.finish_inbox("$m1"))) == (True, False)
    assert await store.run(lambda tx: tx.waiting_inbox(NOW)) == []
    assert await store.run(lambda tx: (tx.knows_event("$m1"), tx.add_inbox(item))) == (True, False)


async def test_the_inbox_keeps_every_kind_of_event_in_order(store: Store) -> None:
    events = [
        Redaction(EventId("$z"), ROOM, LEA, NOW, EventId("$m1")),
        Reaction(EventId("$y"), ROOM, LEA, NOW, EventId("$m1"), "✅"),
        message(1, edits=EventId("$m0"), encrypted=True),
    ]
    await store.run(lambda tx: [tx.add_inbox(InboxItem(e, NOW)) for e in events])
    assert [i.event for i in await store.run(lambda tx: tx.waiting_inbox(NOW))] == events


async def test_what_fails_waits_longer_and_is_parked(store: Store) -> None:
    await store.run(lambda tx: [tx.add_inbox(InboxItem(message(n), NOW)) for n in (1, 2)])
    retry = {"attempts": 3, "not_before": NOW + 8, "park": False}
    await store.run(lambda tx: tx.retry_inbox("$m1", **retry))
    assert [i.event.event_id for i in await store.run(lambda tx: tx.waiting_inbox(NOW))] == ["$m2"]
    assert await store.run(lambda tx: tx.next_wake()) == NOW + 8
    [_, again] = sorted(await store.run(lambda tx: tx.waiting_inbox(NOW + 8)), key=lambda i: i.attempts)
    assert again.attempts == 3
    await store.run(lambda tx: tx.retry_inbox("$m1", **(retry | {"park": True})))
    assert len(await store.run(lambda tx: tx.waiting_inbox(NOW + DAY))) == 1
    assert await store.run(lambda tx: (tx.finish_inbox("$m1"), tx.knows_event("$m1"))) == (False, True)


async def test_ciphertext_is_found_by_its_session(store: Store) -> None:
    kept = [Sealed(EventId(f"$s{n}"), ROOM, LEA, NOW + n, session, "{}") for n, session in enumerate("aab")]
    await store.run(lambda tx: [tx.add_sealed(s, NOW) for s in [*kept, kept[0]]])
    assert await store.run(lambda tx: tx.sealed(["a", "c"])) == kept[:2]
    assert await store.run(lambda tx: tx.sealed(None)) == kept
    await store.run(lambda tx: tx.drop_sealed(["$s0", "$nothing"]))
    assert await store.run(lambda tx: tx.sealed(None)) == kept[1:]


async def test_a_transaction_id_is_written_once_and_confirmed_once(store: Store) -> None:
    first = await store.run(
        lambda tx: tx.add_outbox(row("t1", slot="reply", ticket=TicketId(7), kind="answer"))
    )
    assert first is not None
    assert await store.run(lambda tx: tx.add_outbox(row("t1"))) is None
    second = await store.run(lambda tx: tx.add_outbox(row("t2")))
    assert second is not None
    assert await store.run(lambda tx: tx.unsent()) == [first, second]
    await store.run(lambda tx: tx.note_try(first.id, attempts=1, now=NOW + 5))
    await store.run(lambda tx: tx.note_try(first.id, attempts=2, now=NOW + 9))
    [tried, _] = await store.run(lambda tx: tx.unsent())
    assert (tried.attempts, tried.first_try_at) == (2, NOW + 5)
    for event in ("$e1", "$e2"):
        await store.run(lambda tx, e=event: tx.confirm("t1", e, NOW + 9))
    confirmed = await store.run(lambda tx: tx.outbox_by_txn("t1"))
    assert confirmed is not None
    assert confirmed.event_id == "$e1"
    await store.run(lambda tx: tx.confirm("unknown", "$e3", NOW))
    assert await store.run(lambda tx: tx.sent_message("$e1")) == SentMessage(
        TicketId(7), "reply", "answer", ROOM
    )
    assert await store.run(lambda tx: tx.sent_message("$e2")) is None
    await store.run(lambda tx: tx.park_outbox(second.id))
    await store.run(lambda tx: tx.park_outbox(first.id))
    assert await store.run(lambda tx: tx.unsent()) == []
    assert await store.run(lambda tx: tx.sent_message("$e1")) is not None


async def test_a_slot_knows_its_newest_message_and_its_last_words(store: Store) -> None:
    mine = {"ticket": TicketId(1), "slot": "second"}
    rows = [
        row("t1", **mine),
        row("t2", **mine, edits_slot=True),
        row("t3", **mine, event_type="m.room.redaction", content={}, redacts_txn="t1"),
        row("t4", **mine),
        row("t5", ticket=TicketId(1), slot="reply"),
        row("t6", ticket=TicketId(2), slot="second"),
    ]
    await store.run(lambda tx: [tx.add_outbox(r) for r in rows[:2]])
    assert (await store.run(lambda tx: tx.slot_row(1, "second"))).txn_id == "t1"
    assert (await store.run(lambda tx: tx.last_content(1, "second")))["body"] == "t2"
    await store.run(lambda tx: [tx.add_outbox(r) for r in rows[2:]])
    assert (await store.run(lambda tx: tx.slot_row(1, "second"))).txn_id == "t4"
    assert await store.run(lambda tx: tx.slot_event(1, "second")) is None
    await store.run(lambda tx: tx.confirm("t4", "$e4", NOW))
    assert await store.run(lambda tx: tx.slot_event(1, "second")) == "$e4"
    assert await store.run(lambda tx: tx.slot_row(1, "nothing")) is None
    assert await store.run(lambda tx: tx.last_content(1, "nothing")) is None
    found = await store.run(lambda tx: tx.ticket_messages(1))
    assert [r.txn_id for r in found] == ["t1", "t2", "t4", "t5"]


async def test_cancelling_leaves_what_was_sent_and_what_is_unsure(store: Store) -> None:
    mine = {"ticket": TicketId(1), "slot": "reply"}
    rows = [row("sent", **mine), *(row(f"e{n}", **mine, edits_slot=True) for n in range(3))]
    stored = await store.run(lambda tx: [tx.add_outbox(r) for r in rows])
    ids = [r.id for r in stored if r]
    await store.run(lambda tx: tx.confirm("sent", "$e", NOW))
    await store.run(lambda tx: tx.note_try(ids[1], attempts=1, now=NOW))
    assert await store.run(lambda tx: tx.cancel_edits(1, "reply")) == ids[2:]
    assert await store.run(lambda tx: tx.cancel_edits(1, "reply")) == []
    assert [r.txn_id for r in await store.run(lambda tx: tx.unsent())] == ["e0"]
    other = await store.run(lambda tx: tx.add_outbox(row("other", ticket=TicketId(1), slot="second")))
    assert other is not None
    assert await store.run(lambda tx: tx.cancel_unsent(1, "second")) == [other.id]
    assert await store.run(lambda tx: tx.cancel_unsent(1, None)) == [ids[1]]
    assert await store.run(lambda tx: tx.unsent()) == []
    # A cancelled row that stands in the room after all is known again when its echo comes.
    await store.run(lambda tx: tx.confirm("e0", "$late", NOW))
    assert await store.run(lambda tx: tx.sent_message("$late")) is not None


async def test_relayed_copies_are_found_by_their_source(store: Store) -> None:
    rows = [
        row("r1", slot="relay/$h", ticket=TicketId(1)),
        row("r2", slot="follow/$h", ticket=TicketId(2)),
        row("r3", slot="relay/$h", ticket=TicketId(1), edits_slot=True),
        row("r4", slot="relay/$x", ticket=TicketId(1)),
    ]
    await store.run(lambda tx: [tx.add_outbox(r) for r in rows])
    assert [r.txn_id for r in await store.run(lambda tx: tx.relays_of("$h"))] == ["r1", "r2"]


async def test_what_is_held_for_a_question_is_not_sent_and_may_be_forgotten(store: Store) -> None:
    rows = [row(f"h{n}", slot=f"held/${n}", ticket=TicketId(1 + n // 2)) for n in range(4)]
    await store.run(lambda tx: [tx.hold(r) for r in (*rows, rows[0])])
    assert await store.run(lambda tx: tx.unsent()) == []
    assert [r.slot for r in await store.run(lambda tx: tx.held(TicketId(1)))] == ["held/$0", "held/$1"]
    await store.run(lambda tx: tx.drop_held(slot="held/$1"))
    await store.run(lambda tx: tx.drop_held(TicketId(2)))
    assert [r.slot for r in await store.run(lambda tx: tx.held(TicketId(1)))] == ["held/$0"]
    assert await store.run(lambda tx: tx.held(TicketId(2))) == []


async def test_a_ticket_comes_back_as_it_was(store: Store) -> None:
    full = ticket(
        thread=EventId("$t"),
        theme="pix",
        state=State.CLAIMED,
        epoch=4,
        pending=Pending.FEEDBACK,
        pending_at=NOW,
        status="second",
        entry="pix-a",
        options=("a", "b"),
        alternatives=("c",),
        revision="r",
        named=True,
        plan=Plan(waves=(2, 3), caps=Caps(1, 2, 3)),
        wave=2,
        offers=(Offer(VERA, ROOM, "offer/x", NOW, OfferState.CLAIMED, private=True),),
        helper=VERA,
        helper_slot="offer/x",
        reminders=1,
        reopened=True,
        posted=True,
        first_reply_at=NOW,
        claimed_at=NOW,
        answered_at=NOW,
        ended_at=NOW,
        outcome=Outcome.VOLUNTEER,
        feedback=False,
        sensitive=True,
        moved=True,
    )
    saved = await store.run(lambda tx: tx.save_ticket(full))
    assert saved == replace(full, id=saved.id)
    assert await store.run(lambda tx: tx.ticket(saved.id)) == saved
    changed = replace(saved, state=State.SOLVED, feedback=True, text="", offers=())
    await store.run(lambda tx: tx.save_ticket(changed))
    assert await store.run(lambda tx: tx.ticket_of("$q1")) == changed
    assert await store.run(lambda tx: tx.ticket(TicketId(99))) is None


async def test_tickets_are_found_by_who_asked_where_and_when(store: Store) -> None:
    made = [
        ticket(1, pending=Pending.CHOICE, pending_at=NOW),
        ticket(2, pending=Pending.FEEDBACK, pending_at=NOW + 1, thread=EventId("$t")),
        ticket(3, pending=Pending.CHOICE, pending_at=NOW + 2, room=OTHER),
        ticket(4, state=State.SOLVED, pending_at=NOW + 3),
    ]
    saved = await store.run(lambda tx: [tx.save_ticket(t) for t in made])
    one, two, three, four = saved

    def pending(since: int, *, choices_only: bool) -> Any:
        return lambda tx: tx.tickets_pending(ROOM, LEA, since=since, choices_only=choices_only)

    assert await store.run(pending(NOW, choices_only=True)) == [one]
    assert await store.run(pending(NOW, choices_only=False)) == [two, one]
    assert await store.run(pending(NOW + 1, choices_only=False)) == [two]
    assert await store.run(lambda tx: tx.last_ticket(ROOM, LEA, since=NOW)) == four
    assert await store.run(lambda tx: tx.last_ticket(ROOM, SAM, since=NOW)) is None
    assert await store.run(lambda tx: tx.open_tickets(LEA)) == [three, two, one]
    assert await store.run(lambda tx: tx.ticket_in_thread(ROOM, "$t")) == two
    assert await store.run(lambda tx: tx.ticket_in_thread(ROOM, "$q1")) == one
    assert await store.run(lambda tx: tx.ticket_in_thread(OTHER, "$q1")) is None


async def test_volunteers_loads_count_asks_of_a_day_a_week_and_a_month_and_open_ones(store: Store) -> None:
    def offer(at: int, state: OfferState) -> tuple[Offer, ...]:
        return (Offer(VERA, ROOM, f"offer/{VERA}", at, state),)

    made = [
        ticket(1, state=State.CLAIMED, helper=VERA, offers=offer(NOW - HOUR, OfferState.CLAIMED)),
        ticket(2, state=State.SOLVED, offers=offer(NOW - 2 * HOUR, OfferState.CLAIMED)),
        ticket(3, state=State.ASKED, offers=offer(NOW - 2 * DAY, OfferState.PASSED)),
        ticket(4, state=State.ASKED, offers=offer(NOW - 9 * DAY, OfferState.OPEN)),
        ticket(5, state=State.SOLVED, offers=offer(NOW - 27 * DAY, OfferState.ENDED)),
        ticket(6, state=State.SOLVED, offers=offer(NOW - 29 * DAY, OfferState.ENDED)),
    ]
    saved = await store.run(lambda tx: [tx.save_ticket(t) for t in made])
    since = {"day_since": NOW - DAY, "week_since": NOW - 7 * DAY, "month_since": NOW - 28 * DAY}
    loads = await store.run(lambda tx: tx.loads(**since))
    assert loads == {VERA: Load(day=2, week=3, month=5, open=2)}
    assert await store.run(lambda tx: tx.claims_of(VERA)) == [saved[0]]
    assert await store.run(lambda tx: tx.offered_to(VERA)) == [saved[0], saved[3]]
    assert await store.run(lambda tx: tx.offered_to(SAM)) == []


async def test_a_timer_is_set_anew_and_removed_only_as_it_was(store: Store) -> None:
    first = Job(TicketId(1), JobKind.ASK, NOW + 5, 1)
    later = replace(first, due=NOW + 9, epoch=2)
    close = Job(TicketId(1), JobKind.CLOSE, NOW + 7, 1)
    await store.run(lambda tx: [tx.schedule(j) for j in (first, later, close)])
    assert await store.run(lambda tx: tx.due_jobs(NOW + 6)) == []
    assert await store.run(lambda tx: tx.next_wake()) == NOW + 7
    assert await store.run(lambda tx: tx.due_jobs(NOW + 9)) == [close, later]
    await store.run(lambda tx: tx.finish_job(first))
    assert len(await store.run(lambda tx: tx.due_jobs(NOW + 9))) == 2
    await store.run(lambda tx: [tx.finish_job(j) for j in (later, close)])
    assert await store.run(lambda tx: (tx.due_jobs(NOW + 9), tx.next_wake())) == ([], None)


async def test_a_search_without_a_timer_of_its_own_step_is_found(store: Store) -> None:
    made = [ticket(n, state=State.ASKED, epoch=3) for n in (1, 2, 3)]
    made += [ticket(n, state=state) for n, state in ((4, State.OPEN), (5, State.ANSWERED), (6, State.SOLVED))]
    made.append(ticket(7, state=State.CLAIMED, epoch=3))
    saved = await store.run(lambda tx: [tx.save_ticket(t) for t in made])
    one, two, three, four, five, _, seven = saved
    jobs = [
        Job(one.id, JobKind.ASK, NOW, 3),
        Job(two.id, JobKind.ASK, NOW, 2),
        Job(three.id, JobKind.EXPIRE, NOW, 3),
        Job(four.id, JobKind.EXPIRE, NOW, 0),
    ]
    await store.run(lambda tx: [tx.schedule(j) for j in jobs])
    stopped = [(two.id, JobKind.ASK), (three.id, JobKind.ASK), (seven.id, JobKind.CLAIM_SILENCE)]
    stopped.append((five.id, JobKind.CLOSE))
    assert await store.run(lambda tx: tx.stopped_plans(NOW + 1)) == stopped
    assert await store.run(lambda tx: tx.stopped_plans(NOW)) == []


async def test_the_directory_follows_the_configuration_and_keeps_notices(store: Store) -> None:
    vera = Seed(VERA, ("pix", "apps"), "lun 8h-12h", "A", "Clg", "Paris", "college")
    await store.run(lambda tx: tx.seed_volunteers([vera, Seed(SAM, ("pix",))]))
    await store.run(lambda tx: tx.note_noticed([VERA], NOW))
    await store.run(lambda tx: tx.note_noticed([VERA, LEA], NOW + 1))
    await store.run(lambda tx: tx.seed_volunteers([replace(vera, school="Lyc")]))
    [row] = await store.run(lambda tx: tx.volunteers())
    seed = row.volunteer
    assert (row.user, sorted(seed.themes), seed.school, row.noticed) == (VERA, ["apps", "pix"], "Lyc", True)


async def test_what_volunteers_say_stands_beside_the_configuration(store: Store) -> None:
    said = Chosen(("ent",), ("rgpd",), "lun 8h-9h", "A", "Clg", "Dijon", "college", (1, 2, 0), shown=True)
    vera = Seed(VERA, ("pix",))
    await store.run(lambda tx: tx.seed_volunteers([vera]))
    for user in (VERA, SAM):
        own = Listed(user, chosen=said, noticed=True, away_from=NOW, away_until=NOW + 5)
        await store.run(lambda tx, own=own: tx.save_listed(own, NOW))
    habits = Habits(2026, ((8, -25), (33, 20)))
    await store.run(lambda tx: tx.note_reaction(SAM, 12.5, habits))
    rows = await store.run(lambda tx: tx.volunteers())
    assert rows == [
        Listed(SAM, None, said, True, NOW, NOW + 5, usual_minutes=12.5, habits=habits),
        Listed(VERA, vera, said, noticed=True, away_from=NOW, away_until=NOW + 5),
    ]
    await store.run(lambda tx: tx.save_listed(replace(rows[0], habits=None), NOW))
    assert await store.run(lambda tx: tx.listed(SAM)) == replace(rows[0], habits=None)
    for row in rows:
        await store.run(lambda tx, row=row: tx.save_listed(replace(row, stopped=True), NOW))
    assert await store.run(lambda tx: tx.volunteers()) == []
    assert await store.run(lambda tx: tx.listed(SAM)) is None
    stopped = await store.run(lambda tx: tx.listed(VERA))
    assert stopped is not None
    assert stopped.stopped
    await store.run(lambda tx: tx.seed_volunteers([vera]))
    assert await store.run(lambda tx: tx.volunteers()) == []


def record(n: int, **changes: Any) -> HelpRecord:
    plain = HelpRecord(
        ticket=TicketId(n),
        theme="pix",
        level="college",
        outcome="volunteer",
        entry=None,
        asker="a",
        helper="h",
        asked_at=NOW,
        first_reply_at=NOW,
        claimed_at=NOW + 10,
        answered_at=NOW + 30,
        ended_at=NOW + 50,
        feedback=None,
    )
    return replace(plain, **changes)


async def test_records_are_counted_once_each(store: Store) -> None:
    november = {"month": "2026-11", "claim_minutes": 7, "answer_minutes": 12}
    rows = [
        record(1, **november),
        record(1, feedback=True, **november),
        record(2, outcome="faq", helper=None, feedback=False, theme=None, entry="pix-mdp", month="2026-11"),
        record(3, asker="b", refused="pix-mdp", month="2026-12", claim_minutes=3, answer_minutes=12),
    ]
    await store.run(lambda tx: [tx.save_record(r) for r in rows])
    await store.run(lambda tx: tx.save_ticket(ticket(1)))
    counts = await store.run(lambda tx: tx.counts())
    assert counts.outcomes == {"volunteer": Tally(2, 2, 1), "faq": Tally(1, 1, 0)}
    assert counts.months == {"2026-11": Tally(2, 1, 1), "2026-12": Tally(1, 1, 1)}
    assert counts.themes == {"pix": Tally(2, 2, 1), "": Tally(1, 1, 0)}
    assert counts.by_theme == {("pix", "volunteer"): Tally(2, 2, 1), ("", "faq"): Tally(1, 1, 0)}
    assert counts.by_month[("2026-11", "faq")] == Tally(1, 1, 0)
    assert counts.levels == {"college": Tally(3, 2, 0)}
    assert {mark: tally.count for mark, tally in counts.feedback.items()} == {"yes": 1, "no": 1, "none": 1}
    assert counts.entries == {("", "pix-mdp"): Tally(1, 1, 0)}
    assert counts.refused == {"pix-mdp": Tally(1, 1, 0)}
    assert counts.open == Tally(1, 1, 0)
    assert counts.claim_open == Waits(((3, 1), (7, 1)), 2, 1)
    assert counts.answer_open == Waits(((12, 2),), 2, 1)
    assert counts.answer_wall.minutes == ((0, 2),)


async def test_people_are_counted_exactly_up_to_five_whatever_the_rows(store: Store) -> None:
    draw = random.Random(3)
    rows = []
    for n in range(1, 600):
        outcome = draw.choice(("faq", "volunteer", "nobody"))
        rows.append(
            record(
                n,
                theme=draw.choice(("pix", "apps", None)),
                outcome=outcome,
                entry=draw.choice(("one", "two", None)) if outcome == "faq" else None,
                asker=f"a{draw.randrange(draw.choice((2, 3, 6)))}",
                helper=f"h{draw.randrange(4)}" if outcome == "volunteer" else None,
                month=f"2026-{draw.choice((9, 10, 11)):02}",
                feedback=draw.choice((None, True)),
            )
        )
    await store.run(lambda tx: [tx.save_record(r) for r in rows])

    def expected(same: Callable[[HelpRecord], bool]) -> Tally:
        kept = [r for r in rows if r.month >= "2026-10" and same(r)]
        helpers = {r.helper for r in kept if r.helper}
        return Tally(len(kept), min(5, len({r.asker for r in kept})), min(5, len(helpers)))

    counts = await store.run(lambda tx: tx.counts("2026-10"))
    assert set(counts.months) == {"2026-10", "2026-11"}
    for outcome, tally in counts.outcomes.items():
        assert tally == expected(lambda r, o=outcome: r.outcome == o)
    for (theme, outcome), tally in counts.by_theme.items():
        assert tally == expected(lambda r, t=theme, o=outcome: (r.theme or "", r.outcome) == (t, o))
    for (theme, entry), tally in counts.entries.items():
        assert tally == expected(lambda r, t=theme, e=entry: (r.theme or "", r.entry) == (t, e))
    assert counts.feedback["yes"] == replace(expected(lambda r: r.feedback is True), helpers=0)


async def test_the_backlog_counts_what_waits_and_what_was_set_aside(store: Store) -> None:
    def fill(tx: Any) -> None:
        for n in range(5):
            tx.add_inbox(InboxItem(message(n), NOW))
        tx.finish_inbox(EventId("$m0"))
        tx.retry_inbox(EventId("$m1"), attempts=5, not_before=NOW, park=True)
        sent, parked, _ = [tx.add_outbox(row(f"t{n}")) for n in range(3)]
        tx.confirm(sent.txn_id, EventId("$s"), NOW)
        tx.park_outbox(parked.id)
        tx.add_sealed(Sealed(EventId("$x"), ROOM, LEA, NOW, "session", "{}"), NOW)
        tx.schedule(Job(TicketId(1), JobKind.EXPIRE, NOW, 0))
        tx.schedule(Job(TicketId(2), JobKind.EXPIRE, NOW, 0))

    assert await store.run(lambda tx: tx.backlog()) == Backlog()
    await store.run(fill)
    assert await store.run(lambda tx: tx.backlog()) == Backlog(3, 1, 1, 1, 1, 2)


async def test_forgetting_takes_a_question_whole_and_nothing_else(store: Store) -> None:
    old = NOW - 40 * DAY
    made = [
        ticket(1, asked_at=old, offers=(Offer(VERA, ROOM, "o", old),)),
        ticket(2, asked_at=old, state=State.SOLVED),
        ticket(3, asked_at=NOW - 100 * DAY, state=State.SOLVED),
        ticket(4, asked_at=NOW - 2 * DAY, state=State.SOLVED, text=""),
        ticket(5),
    ]

    def fill(tx: Any) -> list[Ticket]:
        saved = [tx.save_ticket(t) for t in made]
        for t in saved:
            tx.add_outbox(row(f"t{t.id}", ticket=t.id))
            tx.schedule(Job(t.id, JobKind.CLOSE, NOW, 0))
        tx.add_outbox(row("loose", created_at=NOW - 100 * DAY))
        tx.add_outbox(row("loose and sent", created_at=NOW - 100 * DAY))
        tx.confirm("loose and sent", "$l", NOW)
        for n, received in enumerate((old, old, NOW)):
            tx.add_inbox(InboxItem(message(n), received))
        tx.finish_inbox("$m0")
        tx.retry_inbox("$m1", attempts=5, not_before=0, park=True)
        tx.add_sealed(Sealed(EventId("$s"), ROOM, LEA, NOW, "s", "{}"), old)
        tx.save_record(record(1))
        tx.save_record(record(9, ended_at=NOW - 300 * DAY))
        tx.note_told("alias", "counted", NOW - 300 * DAY)
        tx.note_told("alias", "objects", NOW - 300 * DAY)
        for room in (ROOM, OTHER):  # in the first of them a question is still kept
            tx.save_room(RoomRow(RoomFacts(room, encrypted=True), Membership.LEAVE))
        return saved

    saved = await store.run(fill)
    gone = await store.run(
        lambda tx: tx.forget(
            sealed_before=NOW - 2 * DAY,
            inbox_before=NOW - 30 * DAY,
            unsolved_before=NOW - 30 * DAY,
            solved_before=NOW - 90 * DAY,
            sensitive_before=NOW - DAY,
            help_log_before=NOW - 180 * DAY,
        )
    )
    assert gone == {
        "sealed": 1,
        "inbox": 2,
        "outbox": 4,
        "offers": 1,
        "jobs": 3,
        "tickets": 3,
        "rooms": 1,
        "told": 1,
        "help_log": 1,
    }
    kept = await store.run(lambda tx: [tx.ticket(t.id) is not None for t in saved])
    assert kept == [False, True, False, False, True]
    assert await store.run(lambda tx: [tx.room(r) is not None for r in (ROOM, OTHER)]) == [True, False]
    assert [r.txn_id for r in await store.run(lambda tx: tx.unsent())] == ["t2", "t5", "loose"]


async def test_the_number_of_a_question_that_went_is_not_given_again(store: Store) -> None:
    first = await store.run(lambda tx: tx.save_ticket(ticket(1)))
    never = {"sealed_before": 0, "inbox_before": 0, "help_log_before": 0, "sensitive_before": 0}
    gone = await store.run(lambda tx: tx.forget(unsolved_before=2**60, solved_before=2**60, **never))
    assert gone["tickets"] == 1
    assert (await store.run(lambda tx: tx.save_ticket(ticket(2)))).id > first.id


async def test_what_somebody_was_told_or_said_of_being_counted(store: Store) -> None:
    def work(tx: Tx) -> tuple[int | None, int | None, int, int | None]:
        tx.note_told("alias", "objects", NOW)
        tx.note_told("alias", "objects", NOW + 5)
        said, other = tx.told_at("alias", "objects"), tx.told_at("other", "objects")
        tx.save_record(record(1, outcome="peer", helper="alias"))
        tx.save_record(record(2, outcome="volunteer", helper="alias"))
        taken = tx.uncount("alias")
        tx.unsay("alias", "objects")
        return said, other, taken, tx.told_at("alias", "objects")

    assert await store.run(work) == (NOW + 5, None, 1, None)


async def test_what_somebody_helped_with_is_found(store: Store) -> None:
    def work(tx: Tx) -> list[str]:
        tx.save_ticket(ticket(1, helper=SAM, state=State.SOLVED))
        tx.save_ticket(ticket(2, helper=LEA))
        return [t.text for t in tx.helped_by(SAM)]

    assert len(await store.run(work)) == 1


async def test_somebody_is_erased_and_what_they_left_overwritten(store: Store) -> None:
    await store.run(lambda tx: tx.seed_volunteers([Seed(VERA, ("pix",)), Seed(SAM, ("pix",))]))
    asked = Ticket(TicketId(0), "ABCDE", ROOM, LEA, EventId("$q"), None, f"où ? comme {VERA}", NOW)
    offers = (Offer(VERA, OTHER, f"offer/{VERA}", NOW), Offer(SAM, OTHER, f"offer/{SAM}", NOW))
    ticket = await store.run(lambda tx: tx.save_ticket(replace(asked, helper=VERA, offers=offers)))
    record = HelpRecord(ticket.id, "pix", "", "volunteer", None, "lea", "vera", *[NOW] * 5, feedback=None)
    await store.run(lambda tx: tx.save_record(record))
    found = await store.run(lambda tx: tx.holdings(VERA, "vera"))
    assert {name: len(rows) for name, rows in found.items()} == {
        "tickets": 1, "offers": 1, "volunteers": 1, "help_log": 1,
    }  # fmt: skip
    assert await store.run(lambda tx: tx.erase(VERA, "vera", "erased-1")) == []
    await store.scrub()
    left = await store.run(lambda tx: tx.ticket(ticket.id))
    assert left is not None
    assert left.text == "où ? comme erased-1"
    assert [(o.user, o.slot) for o in left.offers] == [("erased-1", "offer/erased-1"), (SAM, f"offer/{SAM}")]
    assert left.helper is None
    assert await store.run(lambda tx: tx.holdings(VERA, "vera")) == {}
    assert await store.run(lambda tx: tx.every_user()) == {LEA, SAM}
    assert await store.run(lambda tx: tx.erase(LEA, "lea", "erased-2")) == []
    await store.scrub()
    assert await store.run(lambda tx: tx.every_user()) == {SAM}
    assert (await store.run(lambda tx: tx.counts())).ended == {"volunteer": 1}


async def test_records_move_to_the_counts_of_who_asked_for_it_once(store: Store) -> None:
    past, now = NOW - 300 * DAY, NOW
    rows = [record(n, helper="h", ended_at=past, month="2026-01", feedback=n == 1) for n in range(1, 8)]
    rows += [record(8, helper="h", ended_at=now, month="2026-11"), record(9, helper="other", ended_at=past)]
    rows += [record(10, helper="h", outcome="withdrawn", ended_at=past)]
    await store.run(lambda tx: [tx.save_record(r) for r in rows])
    assert await store.run(lambda tx: tx.fold_journeys(before=now)) == 0
    await store.run(lambda tx: tx.keep_journey("h", now))
    before = sorted(await store.run(lambda tx: tx.journey("h")), key=str)
    assert [await store.run(lambda tx: tx.fold_journeys(before=now, limit=4)) for _ in range(3)] == [4, 3, 0]
    after = await store.run(lambda tx: tx.journey("h"))
    assert sorted(after, key=str) == before
    assert {s.month: (s.answers, s.thanks) for s in after} == {"2026-01": (7, 1), "2026-11": (1, 0)}
    left = await store.run(lambda tx: tx.counts())
    assert {o: t.count for o, t in left.outcomes.items()} == {"volunteer": 2, "withdrawn": 1}
    await store.run(lambda tx: tx.drop_journey("h"))
    assert await store.run(lambda tx: (tx.keeps_journey("h"), len(tx.journey("h")))) == (False, 1)


async def test_a_long_read_keeps_no_transaction_waiting_and_sees_one_moment(store: Store) -> None:
    await store.run(lambda tx: tx.remember("a", "before"))
    begun, written = threading.Event(), threading.Event()

    def read(tx: Tx) -> tuple[str | None, bool, str | None]:
        first = tx.remembered("a")
        begun.set()
        return first, written.wait(30), tx.remembered("a")

    reading = asyncio.create_task(store.read(read))
    await asyncio.to_thread(begun.wait, 30)
    await store.run(lambda tx: tx.remember("a", "after"))
    written.set()
    assert await reading == ("before", True, "before")
    assert await store.read(lambda tx: tx.remembered("a")) == "after"


async def test_a_read_changes_nothing(store: Store) -> None:
    with contextlib.suppress(sqlite3.OperationalError):  # SQLite says no; elsewhere nothing of it stays
        await store.read(lambda tx: tx.remember("a", "1"))
    assert await store.run(lambda tx: tx.remembered("a")) is None


async def test_rooms_that_were_replaced_are_remembered_and_what_stands_in_them_is_found(store: Store) -> None:
    old, new = RoomId("!old:test"), RoomId("!new:test")
    waiting = Move(old, new, "test")

    def fill(tx: Tx) -> list[Ticket]:
        tx.save_move(waiting)
        tx.save_room_choices(old, {"threads": True})
        tx.save_ticket(ticket(1, room=old))
        tx.save_ticket(ticket(2, room=new))
        tx.save_ticket(ticket(3, room=old, state=State.SOLVED, ended_at=1))
        return tx.tickets_in(old)

    assert [t.question for t in await store.run(fill)] == ["$q1", "$q3"]
    assert await store.run(lambda tx: tx.moves()) == [waiting]
    done = replace(waiting, state=MoveState.DONE, attempts=2, not_before=7)

    def follow(tx: Tx) -> list[Move]:
        tx.save_move(done)
        tx.forget_room_choices(old)
        return tx.moves()

    assert await store.run(follow) == [done]
    assert await store.run(lambda tx: tx.room_choices()) == {}


async def test_the_direct_message_that_replaced_another_is_used(store: Store) -> None:
    old, new = (RoomFacts(RoomId(f"!{n}"), encrypted=n == "a", direct_with=SAM) for n in "ab")

    def direct(tx: Tx) -> RoomFacts | None:
        for facts in (old, new):
            tx.save_room(RoomRow(facts, Membership.JOIN))
        return tx.direct_room(SAM)

    assert await store.run(direct) == old
    move = Move(old.room, new.room, "test")
    await store.run(lambda tx: tx.save_move(move))
    assert await store.run(direct) == old, "the bot is not in the other one yet"
    await store.run(lambda tx: tx.save_move(replace(move, state=MoveState.DONE)))
    assert await store.run(direct) == new
