"""Who waits to hear what the FAQ lacks: working it out takes longer than a transaction (survey.py)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from helpbot.core.ids import EventId, RoomId
from helpbot.core.learning import Topic, topic_of
from helpbot.core.routing import may_show
from helpbot.core.tickets import Ticket
from helpbot.flow.facts import room_facts
from helpbot.flow.setting import Setting
from helpbot.ports import Tx

ASKED = "faq_gaps_asked"


def ask_for_gaps(tx: Tx, room: RoomId, event: EventId) -> None:
    """Remember that somebody wants to know what the FAQ lacks."""
    known = json.loads(tx.remembered(ASKED) or "[]")
    tx.remember(ASKED, json.dumps([*known, [room, event]]))


def topics_of(tx: Tx, setting: Setting, tickets: Iterable[Ticket]) -> Iterator[Topic]:
    """Give what is left of questions whose time is over, as far as the referents might have seen them."""
    review = setting.policy.review_room
    row = tx.room(review) if review else None
    if row is None:
        return
    for ticket in tickets:
        if may_show(room_facts(tx, ticket.room), row.facts):
            topic = topic_of(ticket, f"{setting.policy.calendar.local(ticket.asked_at):%Y-%m}")
            if topic is not None:
                yield topic
