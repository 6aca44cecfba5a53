"""Which entries of the FAQ thank whom, and how that is taken back."""

from __future__ import annotations

import json
import re
from typing import Any

import sqlalchemy as sa

from helpbot.adapters.db import codec
from helpbot.adapters.db.prepared import upsert
from helpbot.adapters.db.proposals import edit_row
from helpbot.adapters.db.queries import Area
from helpbot.adapters.db.tables import credits_, faq_edits, outbox, proposals
from helpbot.core.editing import EditRow, EditState
from helpbot.core.ids import TicketId, UserId
from helpbot.core.records import OutboxRow

_NOTE = upsert(credits_)
_ENDED = (EditState.RECORDED.value, EditState.REFUSED.value)
_UNDER_WAY = (EditState.WANTED.value, EditState.PREPARED.value)
_MESSAGE = outbox.c.event_type == "m.room.message"


class Credits(Area):
    """Which entries of the FAQ thank whom. People are pseudonyms."""

    def note_credited(self, person: str, entry: str, now: int) -> None:
        """Note that an entry was published with somebody's name."""
        self._do(_NOTE, {"person": person, "entry": entry, "at": now})

    def credited(self, person: str) -> dict[str, bool]:
        """Return the entries that were published with somebody's name; False where another came after it."""
        theirs = sa.select(credits_.c.entry).where(credits_.c.person == person)
        query = sa.select(credits_).where(credits_.c.entry.in_(theirs)).order_by(credits_.c.at)
        last = {row.entry: row.person for row in self._all(query)}
        return {entry: who == person for entry, who in sorted(last.items())}

    def changes_under_way(self, helper: UserId) -> list[EditRow]:
        """Return the approved changes made from somebody's words that are not in the files yet."""
        theirs = sa.select(proposals.c.id).where(proposals.c.helper == helper)
        where = (faq_edits.c.proposal.in_(theirs), faq_edits.c.state.in_(_UNDER_WAY))
        return [
            edit_row(row) for row in self._all(sa.select(faq_edits).where(*where).order_by(faq_edits.c.id))
        ]

    def forget_credit(self, entry: str) -> None:
        """Note that an entry names nobody any more."""
        self._connection.execute(sa.delete(credits_).where(credits_.c.entry == entry))

    def names_credited(self, entry: str) -> set[str]:
        """Return the names under which an entry's author was thanked, as far as its changes tell."""
        rows = self._all(sa.select(faq_edits.c.detail).where(faq_edits.c.entry == entry))
        details = [json.loads(row.detail) for row in rows]
        sides = [d[side] for d in details for side in ("base", "wanted") if d[side]]
        return {side["credit"] for side in sides if side.get("credit")}

    def answers_naming(self, entry: str, name: str) -> list[TicketId]:
        """Return the questions whose answer, from this entry, shows a name."""
        asked = outbox.c.ticket.is_not(None)
        where = (asked, _MESSAGE, outbox.c.slot == "reply", _from(entry), _holds(name))
        rows = self._all(sa.select(outbox.c.ticket).where(*where).distinct().order_by(outbox.c.ticket))
        return [TicketId(row.ticket) for row in rows]

    def cards_naming(self, entry: str) -> list[OutboxRow]:
        """Return the messages that showed an entry with a name as a proposal."""
        slots = [
            f"{kind}/{number}"
            for number, detail in self._proposals_of_entry(entry)
            if any(side.get("credit") for side in _sides(detail))
            for kind in ("card", "credit", "asked")
        ]
        theirs = [outbox.c.slot == s for s in slots] + [outbox.c.slot.like(f"{s}/%") for s in slots]
        query = sa.select(outbox).where(_MESSAGE, sa.or_(sa.false(), *theirs)).order_by(outbox.c.id)
        return [codec.outbox_row(row) for row in self._all(query)]

    def unname(self, entry: str, names: set[str]) -> None:
        """Take these names out of all that is kept of an entry; its past changes are kept no more."""
        self.forget_credit(entry)
        self.forget_changes(entry)
        for number, detail in self._proposals_of_entry(entry):
            for side in _sides(detail):
                side.pop("credit", None)
            query = sa.update(proposals).where(proposals.c.id == number)
            self._connection.execute(query.values(detail=codec.dump(detail)))
        for name in names:
            naming = sa.select(outbox.c.id, outbox.c.content).where(_from(entry), _holds(name))
            for row in self._all(naming):
                content = codec.dump(_without(json.loads(row.content), re.compile(rf"\b{re.escape(name)}\b")))
                message = sa.update(outbox).where(outbox.c.id == row.id)
                self._connection.execute(message.values(content=content))

    def forget_changes(self, entry: str) -> None:
        """Delete the past changes of an entry: they show it as it was."""
        where = (faq_edits.c.entry == entry, faq_edits.c.state.in_(_ENDED))
        self._connection.execute(sa.delete(faq_edits).where(*where))

    def _proposals_of_entry(self, entry: str) -> list[tuple[int, dict[str, Any]]]:
        found = proposals.c.detail.contains(codec.dump(entry), autoescape=True)
        rows = self._all(sa.select(proposals.c.id, proposals.c.detail).where(found))
        details = [(row.id, json.loads(row.detail)) for row in rows]
        return [(n, d) for n, d in details if any(side["id"] == entry for side in _sides(d))]


def _sides(detail: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the entries in a proposal: what each change wants, and what it was made from."""
    return [side for pair in detail["changes"] for side in pair if side]


def _without(content: Any, name: re.Pattern[str]) -> Any:
    """Return a message's content with a name put out of its words."""
    match content:
        case dict():
            return {key: _without(value, name) for key, value in content.items()}
        case str():
            return name.sub("…", content)
        case _:
            return content


def _from(entry: str) -> sa.ColumnElement[bool]:
    """Return whether a message says in its `fr.helpbot` that it gives an entry."""
    return outbox.c.content.contains(f'"entry":{codec.dump(entry)}', autoescape=True)


def _holds(name: str) -> sa.ColumnElement[bool]:
    return outbox.c.content.contains(codec.dump(name)[1:-1], autoescape=True)
