"""Values to columns and back."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

from helpbot.core.habits import Habits
from helpbot.core.ids import EventId, RoomId, TicketId, UserId
from helpbot.core.incoming import Access, Membership, Message, Reaction, Redaction, RoomFacts
from helpbot.core.masking import Found
from helpbot.core.records import Chosen, InboxItem, Listed, OutboxRow, Priority, RoomRow, Seed
from helpbot.core.routing import Caps, Nearness, Why
from helpbot.core.tickets import Offer, OfferState, Outcome, Pending, Plan, State, Ticket

_EVENTS = {"message": Message, "reaction": Reaction, "redaction": Redaction}
_COLUMNS = (
    "question", "ref", "room", "thread", "asker", "epoch", "pending_at",
    "asked_at", "ended_at", "helper", "theme", "text",
)  # fmt: skip
_DETAIL = (
    "status", "entry", "options", "alternatives", "revision", "named", "wave", "helper_slot",
    "reminders", "reopened", "posted", "digests", "first_reply_at", "claimed_at", "answered_at", "outcome",
    "feedback", "refused", "sensitive", "told", "twin", "twins", "shared_asker", "shared_helper",
    "moved",
)  # fmt: skip


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def dump(value: object) -> str:
    """Return compact JSON."""
    return _JSON.encode(value)


def _plain(value: Any) -> dict[str, Any]:
    """Return a flat dataclass as a dict, without what has its default."""
    return {f.name: v for f in fields(value) if (v := getattr(value, f.name)) != f.default}


def inbox_payload(item: InboxItem) -> str:
    """Return the JSON of what is to be decided."""
    kind = type(item.event).__name__.lower()
    extra: dict[str, Any] = {"sensitive": item.sensitive} if item.sensitive else {}
    if item.masked:
        extra["masked"] = item.masked
    if item.peer:
        extra["peer"] = True
    return dump({"kind": kind, **_plain(item.event), **extra})


def inbox_item(payload: str, received_at: int, attempts: int) -> InboxItem:
    """Return the item of a payload."""
    data = json.loads(payload)
    kind = data.pop("kind")
    sensitive = data.pop("sensitive", "")
    masked = tuple(Found(kind) for kind in data.pop("masked", ()))
    peer = data.pop("peer", False)
    if data.get("mentions") is not None:
        data["mentions"] = tuple(data["mentions"])
    return InboxItem(_EVENTS[kind](**data), received_at, attempts, sensitive, masked, peer)


def ticket_row(ticket: Ticket) -> dict[str, Any]:
    """Return a ticket's columns, without its id and offers."""
    row: dict[str, Any] = {name: getattr(ticket, name) for name in _COLUMNS}
    row["state"] = ticket.state.value
    row["pending"] = ticket.pending.value
    detail: dict[str, Any] = {}
    for name in _DETAIL:
        value = getattr(ticket, name)
        if value not in (None, "", (), False, 0):
            detail[name] = value
    if ticket.plan is not None:
        detail["plan"] = {**_plain(ticket.plan), "caps": _plain(ticket.plan.caps)}
    if ticket.offers:
        detail["offers"] = [_offer(o) for o in ticket.offers]
    if ticket.feedback is False:
        detail["feedback"] = False
    if ticket.told == ():
        detail["told"] = []
    row["detail"] = dump(detail)
    return row


def _offer(offer: Offer) -> dict[str, Any]:
    why = {"why": _plain(offer.why)} if offer.why else {}
    return _plain(offer) | why


def _offer_from(data: dict[str, Any]) -> Offer:
    if why := data.get("why"):
        data["why"] = Why(**{**why, "nearness": Nearness(why["nearness"])})
    return Offer(**{**data, "state": OfferState(data.get("state", "open"))})


def ticket_from(row: Any) -> Ticket:
    """Return the ticket of a row."""
    detail = json.loads(row.detail)
    plan = detail.pop("plan", None)
    offers = detail.pop("offers", [])
    ticket = Ticket(
        id=TicketId(row.id),
        ref=row.ref,
        room=RoomId(row.room),
        asker=UserId(row.asker),
        question=EventId(row.question),
        thread=row.thread,
        text=row.text,
        asked_at=row.asked_at,
        theme=row.theme,
        state=State(row.state),
        epoch=row.epoch,
        pending=Pending(row.pending),
        pending_at=row.pending_at,
        helper=row.helper,
        ended_at=row.ended_at,
    )
    for name in ("options", "alternatives", "told"):
        if name in detail:
            detail[name] = tuple(detail[name])
    if "outcome" in detail:
        detail["outcome"] = Outcome(detail["outcome"])
    if plan is not None:
        plan["caps"] = Caps(**plan["caps"])
        if "waves" in plan:
            plan["waves"] = tuple(plan["waves"])
        detail["plan"] = Plan(**plan)
    loaded = tuple(_offer_from(o) for o in offers)
    return replace(ticket, offers=loaded, **detail)


def room_values(row: RoomRow) -> dict[str, Any]:
    """Return a room's columns."""
    facts = row.facts
    return {
        "room": facts.room,
        "membership": row.membership.value,
        "encrypted": facts.encrypted,
        "version": facts.version,
        "direct_with": facts.direct_with,
        "access": facts.access.value,
        "public": facts.public,
        "inviter": row.inviter,
        "invited_direct": row.invited_direct,
        "invite_event": row.invite_event,
        "greeted": row.greeted,
        "attempts": row.attempts,
        "not_before": row.not_before,
        "in_use": row.in_use,
    }


def room_facts(row: Any) -> RoomFacts:
    """Return the facts of a room's row."""
    return RoomFacts(
        room=RoomId(row.room),
        encrypted=bool(row.encrypted),
        version=row.version,
        direct_with=row.direct_with,
        access=Access(row.access),
        public=bool(row.public),
    )


def room_row(row: Any) -> RoomRow:
    """Return a room's row as a value."""
    return RoomRow(
        facts=room_facts(row),
        membership=Membership(row.membership),
        inviter=row.inviter,
        invited_direct=bool(row.invited_direct),
        invite_event=row.invite_event,
        greeted=bool(row.greeted),
        attempts=row.attempts,
        not_before=row.not_before,
        in_use=bool(row.in_use),
    )


def listed_values(row: Listed, now: int) -> dict[str, Any]:
    """Return the columns of somebody's line of the directory; what is seeded only counts for a new line."""
    seed = Seed(row.user, ())
    return {
        "user": row.user,
        "themes": dump(list(seed.themes)),
        "hours": seed.hours,
        "zone": seed.zone,
        "school": seed.school,
        "academie": seed.academie,
        "level": seed.level,
        "seeded": False,
        "chosen": dump(_plain(row.chosen)),
        "away_from": row.away_from,
        "away_until": row.away_until,
        "stopped_at": now if row.stopped else None,
        "noticed_at": now if row.noticed else None,
        "habits": habits_text(row.habits),
    }


def habits_text(habits: Habits | None) -> str | None:
    """Return habits as they are stored: the school year, and what was noticed by hour of the week."""
    return None if habits is None else dump({"year": habits.year, "hours": dict(habits.hours)})


def _habits(text: str | None) -> Habits | None:
    if text is None:
        return None
    said = json.loads(text)
    return Habits(said["year"], tuple((int(hour), tenths) for hour, tenths in said["hours"].items()))


def listed(row: Any) -> Listed:
    """Return somebody's line of the directory."""
    user = UserId(row.user)
    seed = None
    if row.seeded:
        themes = tuple(json.loads(row.themes))
        seed = Seed(user, themes, row.hours, row.zone, row.school, row.academie, row.level)
    said = json.loads(row.chosen)
    for name in ("themes", "learning", "load"):
        if said.get(name) is not None:
            said[name] = tuple(said[name])
    return Listed(
        user,
        seed,
        Chosen(**said),
        noticed=row.noticed_at is not None,
        away_from=row.away_from,
        away_until=row.away_until,
        stopped=row.stopped_at is not None,
        usual_minutes=row.usual_minutes,
        habits=_habits(row.habits),
    )


def outbox_values(row: OutboxRow) -> dict[str, Any]:
    """Return an outbox row's columns, without its id."""
    return {
        "txn_id": row.txn_id,
        "room": row.room,
        "event_type": row.event_type,
        "content": dump(row.content),
        "redacts_txn": row.redacts_txn,
        "priority": int(row.priority),
        "ticket": row.ticket,
        "slot": row.slot,
        "kind": row.kind,
        "edits_slot": row.edits_slot,
        "reply_slot": row.reply_slot,
        "about": row.about,
        "created_at": row.created_at,
        "state": 0,
        "attempts": 0,
    }


def outbox_row(row: Any) -> OutboxRow:
    """Return an outbox row as a value."""
    return OutboxRow(
        txn_id=row.txn_id,
        room=RoomId(row.room),
        event_type=row.event_type,
        content=json.loads(row.content),
        priority=Priority(row.priority),
        created_at=row.created_at,
        ticket=row.ticket,
        slot=row.slot,
        kind=row.kind,
        edits_slot=bool(row.edits_slot),
        redacts_txn=row.redacts_txn,
        reply_slot=row.reply_slot,
        about=row.about,
        id=row.id,
        event_id=row.event_id,
        attempts=row.attempts,
        first_try_at=row.first_try_at,
    )
