"""Whom the bot would ask at this moment, and why not the others: for `helpbot ask --explain`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from helpbot.core.ids import EventId, RoomId, TicketId, UserId
from helpbot.core.routing import Refusal, Volunteer, Why, candidates, why_asked
from helpbot.core.tickets import Ticket
from helpbot.flow.facts import load_facts
from helpbot.flow.setting import Setting
from helpbot.offline import in_store
from helpbot.ports import Clock, Tx

if TYPE_CHECKING:
    from helpbot.settings import Settings

NOWHERE = RoomId("")
"""A school room of which nothing is known: no school, no académie, not encrypted."""
Asked = tuple[list[tuple[Volunteer, Why]], list[tuple[Volunteer, Refusal]]]


def whom_to_ask(settings: Settings, theme: str | None, room: RoomId, clock: Clock) -> Asked:
    """Return who may be asked about a theme from a room, in order, and all others with the reason.

    Reads the directory and everybody's load, and writes nothing. Works beside a running bot. Raises what
    `bootstrap.open_database` does.
    """

    def work(tx: Tx, setting: Setting) -> Asked:
        now, nobody = clock.now(), UserId("")
        asked = Ticket(TicketId(0), "", room, nobody, EventId(""), None, "", now, theme=theme)
        facts = load_facts(tx, setting, asked, now, people=True)
        caps = facts.plan.caps
        kept, refused = candidates(
            facts.volunteers,
            facts.origin,
            facts.volunteers_room,
            theme=theme,
            asker=nobody,
            offered=frozenset(),
            caps=caps,
            now=now,
            seed="",
        )
        return [(v, why_asked(v, facts.origin, caps, len(kept))) for v, _ in kept], refused

    return asyncio.run(in_store(settings, work))
