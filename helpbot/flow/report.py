"""The report: read from the log, told in the chat, sent once a month. Never a person (privacy 1)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from helpbot.core import notices as say
from helpbot.core.corpus import Corpus, CorpusText, corpus
from helpbot.core.effects import JobKind, Kind
from helpbot.core.helplog import outcome_of
from helpbot.core.ids import TicketId, UserId
from helpbot.core.incoming import Message
from helpbot.core.monthly import due_after, monthly_report, shown_number
from helpbot.core.records import Job
from helpbot.core.report import GROUPS, Number, Report, first_whole_month, publish
from helpbot.core.spans import DAY
from helpbot.core.tickets import State
from helpbot.flow.setting import Policy, Setting
from helpbot.flow.write import Writer, Written
from helpbot.ports import Clock, Store, Tx

MONTH_MS = 30 * DAY
NO_TICKET = TicketId(0)
ASKED, MONTHLY = "report_asked", "report_monthly"


def read_report(tx: Tx, policy: Policy, now: int) -> Report:
    """Return the report of whole months that the log keeps, with the published lines of earlier ones."""
    since = first_whole_month(policy.calendar, now - policy.help_log_months * MONTH_MS)
    past = {month: line for month, line in tx.kept_months().items() if month < since}
    return replace(publish(tx.counts(since)), past=past)


def report_lines(report: Report) -> tuple[tuple[str, str], ...]:
    """Return (catalogue key, value) pairs of the chat report; a withheld value is a dash."""
    lines: list[tuple[str, Number]] = [("ended", report.total), ("open", report.open)]
    lines += [(group, report.groups.get(group, 0)) for group in GROUPS]
    lines += [("helped", report.feedback["yes"]), ("not_helped", report.feedback["no"])]
    return tuple((key, shown_number(value)) for key, value in lines)


def read_corpus(tx: Tx, policy: Policy, alias: Callable[[UserId], str]) -> Corpus:
    """Return the questions that are still kept, as a corpus without a person."""
    told = (t for t in tx.written_tickets() if not t.sensitive and t.state is not State.WITHDRAWN)
    return corpus(
        CorpusText(
            text=ticket.text,
            asker=alias(ticket.asker),
            month=f"{policy.calendar.local(ticket.asked_at):%Y-%m}",
            level=policy.room(ticket.room).level,
            outcome=outcome_of(ticket, policy.referents),
            theme=ticket.theme or "",
        )
        for ticket in told
    )


def ask_for_report(tx: Tx, event: Message) -> None:
    """Remember that somebody wants the report: counting a long log takes longer than others may wait."""
    known = json.loads(tx.remembered(ASKED) or "[]")
    tx.remember(ASKED, json.dumps([*known, [event.room, event.event_id, event.thread]]))


async def report_once(store: Store, clock: Clock, setting: Setting) -> Written | None:
    """Tell the report to whoever asked for it, and that of the month when it is due. None: neither."""
    if not await store.run(_wanted):
        return None
    report = await store.read(partial(read_report, policy=setting.policy, now=clock.now()))
    return await store.run(partial(_tell, setting=setting, report=report, now=clock.now()))


def _wanted(tx: Tx) -> bool:
    return bool(json.loads(tx.remembered(ASKED) or "[]") or tx.remembered(MONTHLY))


def _tell(tx: Tx, setting: Setting, report: Report, now: int) -> Written:
    written = Written()
    for room, event, thread in json.loads(tx.remembered(ASKED) or "[]"):
        writer = Writer(tx, setting, event, now)
        told = say.Report(report_lines(report))
        writer.say(room, told, Kind.COMMAND, purpose="Report", reply_to=event, thread=thread)
        written.rows += writer.written.rows
    tx.remember(ASKED, "[]")
    if month := tx.remembered(MONTHLY):
        writer = Writer(tx, setting, f"monthly/{month}", now)
        _tell_months(tx, setting, writer, report, int(month), now)
        tx.remember(MONTHLY, "")
        written.rows += writer.written.rows
        if writer.written.next_due is not None:
            written.wake_at(writer.written.next_due)
    return written


def plan_monthly_report(tx: Tx, policy: Policy, now: int) -> None:
    """Set the timer of the monthly report where there is none: this month's comes first."""
    if tx.timer(NO_TICKET, JobKind.MONTHLY_REPORT) is None and not tx.remembered(MONTHLY):
        _plan(tx, policy, f"{policy.calendar.local(now):%Y-%m}")


def want_monthly_report(tx: Tx, setting: Setting, writer: Writer, job: Job, now: int) -> None:
    """Have the months that ended told to the review room; outside the open hours it waits for them.

    The timer's epoch is the first month to tell (202611).
    """
    opens = setting.policy.hours.next_open(now)
    if opens > now:
        tx.schedule(replace(job, due=opens))
        writer.written.wake_at(opens)
        return
    tx.remember(MONTHLY, str(job.epoch))
    writer.written.report = True


def _tell_months(tx: Tx, setting: Setting, writer: Writer, report: Report, first: int, now: int) -> None:
    """Tell the review room of the months from the first one on, keep them as published, plan the next."""
    policy = setting.policy
    current = f"{policy.calendar.local(now):%Y-%m}"
    tx.keep_months({month: line for month, line in report.months.items() if month < current})
    notice = monthly_report(report, f"{first // 100:04}-{first % 100:02}", current)
    if notice is not None and policy.review_room is not None:
        writer.say(policy.review_room, notice, Kind.STATUS, purpose="monthly")
    writer.written.wake_at(_plan(tx, policy, current))


def _plan(tx: Tx, policy: Policy, month: str) -> int:
    due = due_after(month, policy.hours)
    tx.schedule(Job(NO_TICKET, JobKind.MONTHLY_REPORT, due, int(month.replace("-", ""))))
    return due
