"""Invitations answered, rooms greeted once."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial

from helpbot.core import notices as say
from helpbot.core.effects import Kind
from helpbot.core.ids import UserId
from helpbot.core.incoming import Membership, RoomFacts
from helpbot.core.records import RoomRow
from helpbot.core.spans import MINUTE
from helpbot.flow.moved import came_in, replaces
from helpbot.flow.setting import Setting
from helpbot.flow.write import Writer, Written
from helpbot.ports import Clock, Homeserver, HomeserverError, RateLimited, Refused, Store, Tx, Unreachable

log = logging.getLogger("helpbot.rooms")

MAX_ATTEMPTS = 8


async def answer_invitation(
    store: Store, homeserver: Homeserver, clock: Clock, setting: Setting
) -> Written | None:
    """Join and greet the next room that a trusted person invited to, decline any other. None: no more."""
    now = clock.now()
    waiting = await store.run(partial(_invitations, setting=setting, now=now))
    if not waiting:
        return None
    row = waiting[0]
    try:
        if row.inviter is None or not setting.policy.trusts(row.inviter):
            await homeserver.leave(row.facts.room)
            log.info("invitation declined: the inviter's server is not trusted")
            return await store.run(partial(_left, row=row))
        # In already but not greeted: the program ended, or the answer was lost, after it was let in.
        here = row.membership is Membership.JOIN
        facts = row.facts if here else await homeserver.join(row.facts.room)
    except Refused as no:
        log.warning("invitation could not be answered", extra={"code": no.code})
        return await store.run(partial(_try_later, row=row, now=now, wait=MINUTE))
    except Unreachable:
        return await store.run(partial(_try_later, row=row, now=now, wait=5_000))
    except RateLimited as limited:
        # The limit is our account's, not the room's: asking for the others would only be refused as well.
        until = clock.now() + limited.retry_after_ms
        return await store.run(partial(_all_later, until=until))
    return await store.run(partial(_joined, setting=setting, row=row, facts=facts, now=now))


def _invitations(tx: Tx, setting: Setting, now: int) -> list[RoomRow]:
    return [row for row in tx.invitations(now) if not replaces(tx, setting.policy, row)]


def _joined(tx: Tx, setting: Setting, row: RoomRow, facts: RoomFacts, now: int) -> Written:
    known = tx.room(facts.room) or row
    if row.inviter and row.invited_direct and facts.direct_with is None and not facts.public:
        facts = replace(facts, direct_with=row.inviter)
    came_in(tx, replace(known, facts=facts, greeted=True, attempts=0, not_before=0))
    writer = Writer(tx, setting, f"join/{facts.room}", now)
    if not known.greeted:
        name = setting.me.name
        notice: say.Notice = say.GreetingDirect(name) if facts.direct_with else say.Greeting(name)
        writer.say(facts.room, notice, Kind.GREETING, purpose="greeting")
    return writer.written


def _left(tx: Tx, row: RoomRow) -> Written:
    tx.save_room(replace(row, membership=Membership.LEAVE))
    return Written()


def _all_later(tx: Tx, until: int) -> Written:
    for row in tx.invitations(until):
        if row.membership is Membership.INVITE:
            tx.save_room(replace(row, not_before=until))
    return Written()


def _try_later(tx: Tx, row: RoomRow, now: int, wait: int) -> Written:
    known = tx.room(row.facts.room)
    if known is not None and known.membership is not Membership.INVITE:
        return Written()  # a sync brought the news before the answer did
    attempts = row.attempts + 1
    if attempts >= MAX_ATTEMPTS:
        return _left(tx, row)
    tx.save_room(replace(row, attempts=attempts, not_before=now + wait * 2 ** max(0, attempts - 1)))
    return Written()


async def open_direct(store: Store, homeserver: Homeserver, setting: Setting, user: UserId) -> None:
    """Open a direct message for what concerns one person alone; note it where that is refused."""
    try:
        facts = await homeserver.open_direct(user)
    except HomeserverError as no:
        log.warning("no direct message could be opened", extra={"why": type(no).__name__})
        setting.names.without_direct.add(user)
        return
    await store.run(partial(_opened, facts=replace(facts, direct_with=user)))


def _opened(tx: Tx, facts: RoomFacts) -> None:
    known = tx.room(facts.room) or RoomRow(facts, Membership.JOIN)
    came_in(tx, replace(known, facts=facts))
