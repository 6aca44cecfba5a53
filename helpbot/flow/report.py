"""The report: read from the log, told in the chat, sent once a month. Never a person (privacy 1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from helpbot.core.corpus import Corpus, CorpusText, corpus
from helpbot.core.effects import JobKind, Kind
from helpbot.core.helplog import outcome_of
from helpbot.core.ids import TicketId, UserId
from helpbot.core.monthly import due_after, monthly_report, shown_number
from helpbot.core.records import Job
from helpbot.core.report import GROUPS, Number, Report, first_whole_month, publish
from helpbot.core.spans import DAY
from helpbot.core.tickets import State
from helpbot.flow.setting import Policy, Setting
from helpbot.flow.write import Writer
from helpbot.ports import Tx

MONTH_MS = 30 * DAY
NO_TICKET = TicketId(0)


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


def plan_monthly_report(tx: Tx, policy: Policy, now: int) -> None:
    """Set the timer of the monthly report where there is none: this month's comes first."""
    if tx.timer(NO_TICKET, JobKind.MONTHLY_REPORT) is None:
        _plan(tx, policy, f"{policy.calendar.local(now):%Y-%m}")


def send_monthly_report(tx: Tx, setting: Setting, writer: Writer, job: Job, now: int) -> None:
    """Tell the review room of the months that ended, keep them as published, plan the next one.

    Outside the open hours it waits for them. The timer's epoch is the first month to tell (202611).
    """
    policy = setting.policy
    opens = policy.hours.next_open(now)
    if opens > now:
        tx.schedule(replace(job, due=opens))
        writer.written.wake_at(opens)
        return
    current = f"{policy.calendar.local(now):%Y-%m}"
    report = read_report(tx, policy, now)
    tx.keep_months({month: line for month, line in report.months.items() if month < current})
    notice = monthly_report(report, f"{job.epoch // 100:04}-{job.epoch % 100:02}", current)
    if notice is not None and policy.review_room is not None:
        writer.say(policy.review_room, notice, Kind.STATUS, purpose="monthly")
    writer.written.wake_at(_plan(tx, policy, current))


def _plan(tx: Tx, policy: Policy, month: str) -> int:
    due = due_after(month, policy.hours)
    tx.schedule(Job(NO_TICKET, JobKind.MONTHLY_REPORT, due, int(month.replace("-", ""))))
    return due
