"""The daily sweep, the auditor of searches that stopped, and the timer of the monthly report."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from functools import partial

from helpbot.core.effects import JobKind
from helpbot.core.habits import school_year
from helpbot.core.incoming import Membership
from helpbot.core.records import Job, carries_words
from helpbot.core.spans import DAY, HOUR
from helpbot.core.tickets import Ticket
from helpbot.flow.gaps import topics_of
from helpbot.flow.report import plan_monthly_report
from helpbot.flow.setting import Setting
from helpbot.flow.write import Writer, Written
from helpbot.ports import Clock, Store, Tx

log = logging.getLogger("helpbot.upkeep")

SEALED_KEPT = 48 * HOUR
INBOX_KEPT = 30 * DAY
"""Emptied inbox rows stay so long only to recognise an event that comes twice."""
SENSITIVE_KEPT = DAY
TOPICS_KEPT = 365 * DAY
"""Words of questions asked in vain, of nobody: twelve months (privacy 3)."""


async def sweep(
    store: Store, clock: Clock, setting: Setting, tell: Callable[[Written], None] = lambda _: None
) -> dict[str, int]:
    """Remove what is past its time, mend searches without a timer; return what went, by table.

    `copies`: messages with somebody's words that the bot takes back from the rooms; `tell` hears what is to
    be sent for it. In small transactions, so that a year's arrears neither fill the memory nor keep questions
    waiting; where it is cut short, the next sweep goes on.
    """
    now = clock.now()
    year_ago = setting.policy.calendar.local(now - TOPICS_KEPT).strftime("%Y-%m")
    await store.run(lambda tx: tx.forget_topics(year_ago))
    old = _proposals_before(setting, now)
    gone = Counter(proposals=await store.run(lambda tx: tx.forget_proposals(ended_before=old)))
    while True:
        some, written = await store.run(partial(_forget_some, setting=setting, now=now))
        if not any(some.values()):
            break
        tell(written)
        gone.update(some)
        await asyncio.sleep(0)
    gone.update(await store.run(partial(_forget_habits, setting=setting, now=now)))
    await store.run(partial(_mend, setting=setting, now=now))
    await store.run(lambda tx: plan_monthly_report(tx, setting.policy, now))
    if +gone:
        log.info("removed what was past its time", extra={k: v for k, v in gone.items() if v})
    return {**some, **gone}


def due_rows(tx: Tx, setting: Setting, now: int) -> dict[str, int]:
    """Count what a sweep would remove now, by table, without removing anything."""
    ended = tx.forget_proposals(ended_before=_proposals_before(setting, now), dry=True)
    return {**_forget_some(tx, setting, now, dry=True)[0], "proposals": ended}


def _proposals_before(setting: Setting, now: int) -> int:
    return now - setting.policy.solved_days * DAY


def _forget_some(tx: Tx, setting: Setting, now: int, *, dry: bool = False) -> tuple[dict[str, int], Written]:
    policy = setting.policy
    help_log_before = now - policy.help_log_months * 30 * DAY
    # First, for who asked that theirs be kept.
    if not dry and (moved := tx.fold_journeys(before=help_log_before)):
        return {"help_log": moved}, Written()
    unsolved, solved = now - policy.unsolved_days * DAY, now - policy.solved_days * DAY
    sensitive = now - SENSITIVE_KEPT
    written = Written()
    if not dry:
        past = tx.past_tickets(unsolved_before=unsolved, solved_before=solved, sensitive_before=sensitive)
        tx.keep_topics(topics_of(tx, setting, past))
        for ticket in past:
            written.rows += _take_copies_back(tx, setting, ticket, now).rows
    gone = tx.forget(
        sealed_before=now - SEALED_KEPT,
        inbox_before=now - INBOX_KEPT,
        unsolved_before=unsolved,
        solved_before=solved,
        sensitive_before=sensitive,
        help_log_before=help_log_before,
        dry=dry,
    )
    return gone if dry else gone | {"copies": len(written.rows)}, written


def _forget_habits(tx: Tx, setting: Setting, now: int) -> dict[str, int]:
    """Forget at which hours somebody reacted in a school year that is over: the timetable is another one."""
    year = school_year(setting.policy.calendar, now)
    past = [row for row in tx.volunteers() if row.habits is not None and row.habits.year != year]
    for row in past:
        tx.note_reaction(row.user, row.usual_minutes, None)
    return {"habits": len(past)} if past else {}


def _take_copies_back(tx: Tx, setting: Setting, ticket: Ticket, now: int) -> Written:
    """Delete in the rooms what carries words of somebody there: offers, relayed answers, digests (privacy 3).

    What the FAQ answered, and what became of a question, has nobody's words and stays.
    """
    writer = Writer(tx, setting, f"past/{ticket.id}", now)
    rows = [row for row in tx.ticket_messages(ticket.id) if carries_words(row)]
    for row in (*rows, *tx.digests_of(ticket.id)):
        room = tx.room(row.room)
        if row.event_id is not None and room is not None and room.membership is Membership.JOIN:
            writer.take_back(row)
    return writer.written


def _mend(tx: Tx, setting: Setting, now: int) -> None:
    """Give a new timer to each question that nothing would move on: it goes on now, or ends in time."""
    for ticket_id, kind in tx.stopped_plans(now - HOUR):
        ticket = tx.ticket(ticket_id)
        if ticket is None:
            continue
        log.error("a question had stopped and goes on", extra={"ticket": ticket_id, "timer": kind.value})
        due = now
        if kind is JobKind.EXPIRE:  # as if its days had been counted all along
            days = (ticket.plan or setting.policy.plan).expire_days
            due = max(now, setting.policy.hours.add_school_days(ticket.asked_at, days))
        tx.schedule(Job(ticket.id, kind, due, ticket.epoch))
