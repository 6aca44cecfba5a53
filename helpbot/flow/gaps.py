"""Which questions were asked in vain, and who waits to hear what the FAQ lacks.

One answer for `!lacunes`, the weekly message and the report's page: the questions whose text is still kept,
and the summaries that outlive them (privacy 3). Working it out takes longer than a transaction (survey.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date

from helpbot.core.confidentiality import may_show
from helpbot.core.gaps.values import Unanswered
from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.learning import Topic, asked_in_vain, topic_of
from helpbot.core.spans import DAY
from helpbot.core.tickets import Ticket
from helpbot.flow.facts import room_facts
from helpbot.flow.setting import Policy, Setting
from helpbot.ports import Tx

ASKED = "faq_gaps_asked"
TOPIC = "topic/"
LOOKED_AT_MS = 366 * DAY
MOST_QUESTIONS = 2_500


def asked_in_vain_since(
    tx: Tx, policy: Policy, alias: Callable[[UserId], str], now: int
) -> tuple[Unanswered, ...]:
    """Return what was asked in vain in a year, as far as the referents may be shown it.

    The newest `MOST_QUESTIONS` that are kept, then as many summaries of older ones: of nobody, and of a month
    rather than a moment. Nothing while there is a review room that the bot is not in.
    """
    may_be_shown = _referents_eyes(tx, policy)
    since = now - LOOKED_AT_MS
    found = []
    for ticket in tx.asked_since(since, limit=MOST_QUESTIONS):
        refused = asked_in_vain(ticket)
        if refused is not None and may_be_shown(ticket.room):
            who, ref = alias(ticket.asker), str(ticket.id)
            found.append(Unanswered(ticket.text, ticket.asked_at, who, ref, ticket.theme, refused))
    for number, topic in tx.topics(f"{policy.calendar.local(since):%Y-%m}", limit=MOST_QUESTIONS):
        at = policy.calendar.moment(date.fromisoformat(f"{topic.month}-01"), 0)
        found.append(Unanswered(topic.words, at, None, f"{TOPIC}{number}", topic.theme, topic.refused))
    return tuple(found)


def _referents_eyes(tx: Tx, policy: Policy) -> Callable[[RoomId], bool]:
    """Return whether what was written in a room may be shown to the referents.

    Without a review room nobody but the operator's page asks: it shows no text, only words of five people.
    """
    if policy.review_room is None:
        return lambda _: True
    row = tx.room(policy.review_room)
    known: dict[RoomId, bool] = {}

    def may(room: RoomId) -> bool:
        if room not in known:
            known[room] = row is not None and may_show(room_facts(tx, room), row.facts)
        return known[room]

    return may


def ask_for_gaps(tx: Tx, room: RoomId, event: EventId) -> None:
    """Remember that somebody wants to know what the FAQ lacks."""
    known = json.loads(tx.remembered(ASKED) or "[]")
    tx.remember(ASKED, json.dumps([*known, [room, event]]))


def topics_of(tx: Tx, setting: Setting, tickets: Iterable[Ticket]) -> Iterator[Topic]:
    """Give what is left of questions whose time is over, as far as the referents might have seen them."""
    if setting.policy.review_room is None:
        return  # there may be one some day, which may not see it
    may_be_shown = _referents_eyes(tx, setting.policy)
    for ticket in tickets:
        if may_be_shown(ticket.room):
            topic = topic_of(ticket, f"{setting.policy.calendar.local(ticket.asked_at):%Y-%m}")
            if topic is not None:
                yield topic
