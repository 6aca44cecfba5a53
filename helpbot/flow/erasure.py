"""Forgetting a person: questions withdrawn, what they held handed on, copies redacted, rows gone; at once.

The transaction that erases also notes what is left to do outside it (`finish`): a line in the journal that
no backup contains, and the freed pages of the database overwritten. Both are done again after a crash. A
database that is older than the journal, restored from a backup, forgets again at the next start (`reapply`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from helpbot.core import tickets
from helpbot.core.effects import Edit, Kind
from helpbot.core.erasure import Erasure
from helpbot.core.ids import UserId
from helpbot.core.notices import rights as say
from helpbot.core.tickets import Decision, State, Ticket
from helpbot.flow.credits import unname
from helpbot.flow.facts import load_facts
from helpbot.flow.setting import NameNeeded, Setting
from helpbot.flow.write import Writer, Written
from helpbot.ports import Clock, ErasureJournal, Store, Tx

log = logging.getLogger("helpbot.erasure")


def export_slot(person: str) -> str:
    """Return the slot of the files that were sent to a person; `person` is their pseudonym."""
    return f"export/{person}"


def forget(tx: Tx, setting: Setting, writer: Writer, user: UserId, now: int, *, journal: bool = True) -> bool:
    """Erase all about a person but what core/register keeps; leave their direct messages last.

    Returns whether entries of the FAQ thanked them by name. May raise `NameNeeded`, before anything is kept.
    """
    person = setting.alias(user)
    credited = unname(tx, setting, writer, user, now)
    at = max(now, tx.erased_until() + 1)
    listed = tx.listed(user)
    if listed is not None:  # before the search for somebody else goes on
        tx.save_listed(replace(listed, stopped=True), now)
    for ticket in tx.offered_to(user):
        facts = load_facts(tx, setting, ticket, now, people=True)
        writer.carry_out(tickets.left(ticket, user, facts))
    for row in (*tx.messages_about(user), *tx.messages_in(export_slot(person))):
        writer.redact_row(row)
    for ticket in tx.all_helped_by(user):
        writer.carry_out(_unnamed(ticket))
    for ticket in tx.all_asked_by(user):
        facts = load_facts(tx, setting, ticket, now, people=False)
        writer.carry_out(tickets.withdrawn(ticket, facts))
    rooms = tx.direct_rooms(user)
    writer.written.cancelled += tx.erase(user, person, f"erased-{at}")
    tx.note_erased(Erasure(person, at), journal=journal)
    setting.names.forget(user)
    writer.written.erased = True
    writer.written.left += rooms
    return credited


def leave_rooms(writer: Writer) -> None:
    """Leave the direct messages of who was forgotten, after the last word in them."""
    for room in writer.written.left:
        writer.leave(room)


def _unnamed(ticket: Ticket) -> Decision:
    """Return a helped question without its helper, whose name its status shows no more."""
    withdrawn = ticket.state is State.WITHDRAWN
    status = Edit(ticket.status, say.SomebodyHelped(ticket.ref), Kind.STATUS)
    return Decision(replace(ticket, helper=None, helper_slot=""), () if withdrawn else (status,))


async def finish(store: Store, journal: ErasureJournal) -> bool:
    """Write unfinished erasures in the journal, overwrite freed pages; False while there is nothing to do.

    What cannot be done now (a full disk, somebody who reads the database for long) is tried at the next call.
    """
    waiting = await store.run(lambda tx: tx.unfinished_erasures())
    if waiting is None:
        return False
    try:
        known = set(await asyncio.to_thread(journal.read))
        await asyncio.to_thread(journal.add, [e for e in waiting if e not in known])
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "damaged"
        log.error("the journal of erasures cannot be written", extra={"why": why})
        return True
    if await store.scrub():
        await store.run(lambda tx: tx.finish_erasures(waiting))
        log.info("somebody was forgotten", extra={"people": max(1, len(waiting))})
    return True


async def unknown_erasures(store: Store, journal: ErasureJournal) -> list[Erasure]:
    """Return the erasures that a restored database does not know. Raises `OSError` or `ValueError`."""
    known = await store.run(lambda tx: tx.erased_until())
    return [e for e in await asyncio.to_thread(journal.read) if e.at > known]


async def reapply(
    store: Store,
    clock: Clock,
    setting: Setting,
    missing: list[Erasure],
    learn: Callable[[NameNeeded], Awaitable[None]],
) -> Written:
    """Forget these people again; `learn` asks for a name that a decision needs."""
    log.warning("the database is older than the journal of erasures", extra={"erasures": len(missing)})
    while True:
        now = clock.now()
        try:
            return await store.run(partial(_reapply, setting=setting, missing=missing, now=now))
        except NameNeeded as needed:
            await learn(needed)


def _reapply(tx: Tx, setting: Setting, missing: list[Erasure], now: int) -> Written:
    writer = Writer(tx, setting, f"erasures/{missing[-1].at}", now)
    people = {erasure.person for erasure in missing}
    for user in sorted(tx.every_user()):
        if setting.alias(user) in people:
            forget(tx, setting, writer, user, now, journal=False)
    for person in sorted(people):  # the log alone may still know them
        tx.erase(None, person, f"erased-{missing[-1].at}")
    tx.note_erased(missing[-1], journal=False)
    leave_rooms(writer)
    return writer.written
