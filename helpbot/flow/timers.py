"""A due timer to its decision and everything that follows: TX 2, the same way as an inbox item."""

from __future__ import annotations

import logging
from functools import partial

from helpbot.core import tickets
from helpbot.core.effects import FENCED, JobKind
from helpbot.core.records import Job
from helpbot.core.spans import MINUTE
from helpbot.flow.digest import send_digest
from helpbot.flow.facts import load_facts
from helpbot.flow.handle import learn_name
from helpbot.flow.report import want_monthly_report
from helpbot.flow.setting import NameNeeded, Setting
from helpbot.flow.thanks import thank
from helpbot.flow.write import Writer, Written
from helpbot.ports import Clock, Homeserver, Store, Tx

log = logging.getLogger("helpbot.timers")

RETRY_MS = MINUTE


async def run_due_job(store: Store, homeserver: Homeserver, clock: Clock, setting: Setting) -> Written | None:
    """Carry out the timer that is due the longest. Return None when none is due."""
    while True:
        now = clock.now()
        try:
            return await store.run(partial(_first_due, setting=setting, now=now))
        except NameNeeded as needed:
            await learn_name(homeserver, setting, needed)
        except Exception:
            log.exception("a timer failed; it is tried again in a minute")
            return await store.run(partial(_put_off, now=now))


def _first_due(tx: Tx, setting: Setting, now: int) -> Written | None:
    jobs = tx.due_jobs(now)
    return decide_job(tx, setting, jobs[0], now) if jobs else None


def _put_off(tx: Tx, now: int) -> Written | None:
    jobs = tx.due_jobs(now)
    if not jobs:  # set anew or done meanwhile
        return Written()
    job = jobs[0]
    tx.finish_job(job)
    tx.schedule(Job(job.ticket, job.kind, now + RETRY_MS, job.epoch))
    return Written(next_due=now + RETRY_MS)


def decide_job(tx: Tx, setting: Setting, job: Job, now: int) -> Written:
    """Decide what a timer brings and write all that follows. Runs inside one transaction."""
    tx.finish_job(job)
    writer = Writer(tx, setting, f"job/{job.ticket}/{job.kind}/{job.epoch}/{job.due}", now)
    if job.kind is JobKind.MONTHLY_REPORT:
        want_monthly_report(tx, setting, writer, job, now)
        return writer.written
    if job.kind is JobKind.DIGEST:
        send_digest(tx, setting, writer, now)
        return writer.written
    ticket = tx.ticket(job.ticket)
    if ticket is None or (job.kind in FENCED and job.epoch != ticket.epoch):
        return writer.written
    if job.kind is JobKind.THANKS:
        thank(tx, setting, writer, ticket, now)
        return writer.written
    facts = load_facts(tx, setting, ticket, now, people=job.kind in FENCED)
    writer.carry_out(tickets.due(ticket, job.kind, facts))
    return writer.written
