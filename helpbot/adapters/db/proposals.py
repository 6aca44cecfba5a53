"""Proposals for the FAQ, and changes of its files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from helpbot.adapters.db import codec, tables
from helpbot.adapters.db.prepared import upsert
from helpbot.adapters.db.queries import Area, Param, select
from helpbot.adapters.db.tables import (
    faq_edits,
    help_log,
    outbox,
    proposal_tickets,
    proposals,
    state,
    tickets,
)
from helpbot.core.editing import EditRow, EditState, FaqEdit
from helpbot.core.faq import FaqEntry, Source
from helpbot.core.ids import RoomId, TicketId, UserId
from helpbot.core.learning import Marks, Topic
from helpbot.core.proposals import ENDED, Change, Credit, Origin, Proposal, ProposalId, State
from helpbot.core.records import OutboxRow
from helpbot.core.tickets import Outcome, Ticket
from helpbot.core.tickets import State as Asked

_IN_HAND = tuple(s.value for s in (EditState.WANTED, EditState.PREPARED, EditState.DONE))
_FROM_FAQ = (Outcome.FAQ.value, Outcome.CLARIFIED.value)
_ANSWERED = (Asked.ANSWERED.value, Asked.SOLVED.value)
_REMEMBERED = select(state.c.value, where=state.c.key == Param("of_key"))
_REMEMBER = upsert(state)
_EDIT = ("tries", "file", "draft", "digest", "before", "after", "clean", "uncredited")


class Proposals(Area):
    """Proposals for the FAQ, and changes of its files."""

    def save_proposal(self, proposal: Proposal) -> Proposal:
        """Insert (id 0) or update a proposal; returns it with its id."""
        values = _proposal_values(proposal)
        if proposal.id:
            where = proposals.c.id == proposal.id
            self._connection.execute(sa.update(proposals).where(where).values(values))
            return proposal
        query = sa.insert(proposals).values(values).returning(proposals.c.id)
        made = replace(proposal, id=ProposalId(self._connection.execute(query).scalar_one()))
        for ticket in made.tickets:
            pair = {"ticket": ticket, "proposal": made.id}
            self._connection.execute(sa.insert(proposal_tickets).values(pair))
        return made

    def proposal(self, proposal: ProposalId) -> Proposal | None:
        """Return a proposal."""
        found = self._proposals(proposals.c.id == proposal)
        return found[0] if found else None

    def proposals_of(self, tickets: Iterable[TicketId]) -> list[Proposal]:
        """Return the proposals that were made from any of these questions, oldest first."""
        made = sa.select(proposal_tickets.c.proposal).where(proposal_tickets.c.ticket.in_(list(tickets)))
        return self._proposals(proposals.c.id.in_(made))

    def open_proposals(self) -> list[Proposal]:
        """Return the proposals that have not ended, oldest first."""
        return self._proposals(proposals.c.state.not_in([s.value for s in ENDED]))

    def cards_of(self, proposal: ProposalId) -> list[OutboxRow]:
        """Return the messages that showed a proposal to the referents, oldest first."""
        query = sa.select(outbox).where(outbox.c.slot.startswith(f"card/{proposal}/", autoescape=True))
        return [codec.outbox_row(r) for r in self._all(query.order_by(outbox.c.id))]

    def save_edit(self, row: EditRow) -> EditRow:
        """Insert (id 0) or update a change of the files; returns it with its id."""
        values = _edit_values(row)
        if row.edit.id:
            where = faq_edits.c.id == row.edit.id
            self._connection.execute(sa.update(faq_edits).where(where).values(values))
            return row
        query = sa.insert(faq_edits).values(values).returning(faq_edits.c.id)
        return replace(row, edit=replace(row.edit, id=self._connection.execute(query).scalar_one()))

    def edit(self, number: int) -> EditRow | None:
        """Return a change of the files."""
        return self._edit(sa.select(faq_edits).where(faq_edits.c.id == number))

    def edit_in_hand(self) -> EditRow | None:
        """Return the oldest change that is neither in the files with its history nor refused."""
        query = sa.select(faq_edits).where(faq_edits.c.state.in_(_IN_HAND)).order_by(faq_edits.c.id)
        return self._edit(query.limit(1))

    def edits_left(self, proposal: ProposalId) -> int:
        """Return how many changes of a proposal are still to be written."""
        waiting = faq_edits.c.state.in_((EditState.WANTED.value, EditState.PREPARED.value))
        query = sa.select(sa.func.count()).where(faq_edits.c.proposal == proposal, waiting)
        return int(self._connection.execute(query).scalar_one())

    def edits(self, states: Iterable[EditState], *, entry: str | None, limit: int) -> list[EditRow]:
        """Return the newest changes in these states, of one entry or of all, the newest first."""
        query = sa.select(faq_edits).where(faq_edits.c.state.in_([s.value for s in states]))
        if entry is not None:
            query = query.where(faq_edits.c.entry == entry)
        return [edit_row(r) for r in self._all(query.order_by(faq_edits.c.id.desc()).limit(limit))]

    def proposals_since(self, origin: Origin, since: int) -> list[Proposal]:
        """Return the proposals of an origin that were made since a moment, ended or not."""
        return self._proposals((proposals.c.origin == origin.value) & (proposals.c.created_at >= since))

    def asked_since(self, since: int, *, limit: int) -> list[Ticket]:
        """Return the newest questions since a moment that still have a text, the newest first."""
        query = sa.select(tickets).where(tickets.c.asked_at >= since, tickets.c.text != "")
        return [codec.ticket_from(r) for r in self._all(query.order_by(tickets.c.id.desc()).limit(limit))]

    def last_helped(self, person: UserId) -> Ticket | None:
        """Return the newest question with a volunteer's answer that somebody asked or answered."""
        theirs = (tickets.c.asker == person) | (tickets.c.helper == person)
        answered = tickets.c.helper.is_not(None) & tickets.c.state.in_(_ANSWERED)
        query = sa.select(tickets).where(theirs, answered).order_by(tickets.c.id.desc()).limit(1)
        rows = self._all(query)
        return codec.ticket_from(rows[0]) if rows else None

    def marks(self, since: int, until: int) -> dict[str, Marks]:
        """Return how each entry did with the questions that ended in between."""
        log = help_log.c
        between = (log.ended_at >= since) & (log.ended_at < until)
        shown = between & log.outcome.in_(_FROM_FAQ) & log.entry.is_not(None)
        uses = sa.select(log.entry, sa.func.count()).where(shown).group_by(log.entry)
        people = sa.func.count(log.asker.distinct())
        refused = sa.select(log.refused, sa.func.count(), people).where(between & log.refused.is_not(None))
        found = {row[0]: Marks(row[1]) for row in self._all(uses)}
        for entry, count, who in self._all(refused.group_by(log.refused)):
            found[entry] = Marks(found.get(entry, Marks()).uses, count, who)
        return found

    def keep_topics(self, topics: Iterable[Topic]) -> None:
        """Keep the words of questions that are about to be forgotten."""
        rows = [{"month": t.month, "theme": t.theme, "words": t.words, "refused": t.refused} for t in topics]
        if rows:
            self._connection.execute(sa.insert(tables.topics), rows)

    def topics(self, since: str, *, limit: int) -> list[tuple[int, Topic]]:
        """Return the newest topics since a month (`2026-11`) with their numbers."""
        known = tables.topics
        query = sa.select(known).where(known.c.month >= since).order_by(known.c.id.desc()).limit(limit)
        return [(r.id, Topic(r.month, r.theme, r.words, bool(r.refused))) for r in self._all(query)]

    def forget_topics(self, before: str) -> int:
        """Delete the topics of the months before one; returns how many."""
        query = sa.delete(tables.topics).where(tables.topics.c.month < before)
        return int(self._connection.execute(query).rowcount)

    def remembered(self, key: str) -> str | None:
        """Return what was remembered under a key."""
        row = self._row(_REMEMBERED, of_key=key)
        return row.value if row else None

    def remember(self, key: str, value: str) -> None:
        """Remember one thing under a key, in place of what was there."""
        self._do(_REMEMBER, {"key": key, "value": value})

    def forget_proposals(self, *, ended_before: int, dry: bool = False) -> int:
        """Delete what ended before a moment, refused changes included; returns how many.

        `dry`: nothing is deleted, all of it is counted.
        """
        over = proposals.c.state.in_([s.value for s in ENDED]) & (proposals.c.changed_at < ended_before)
        old = sa.select(proposals.c.id).where(over)
        refused = (faq_edits.c.state == EditState.REFUSED.value) & (faq_edits.c.at < ended_before)
        if dry:
            both = ((faq_edits, refused), (proposals, over))
            counts = (sa.select(sa.func.count()).select_from(table).where(where) for table, where in both)
            return sum(self._connection.execute(count).scalar() or 0 for count in counts)
        self._connection.execute(sa.delete(proposal_tickets).where(proposal_tickets.c.proposal.in_(old)))
        gone = self._connection.execute(sa.delete(faq_edits).where(refused)).rowcount
        return int(gone + self._connection.execute(sa.delete(proposals).where(over)).rowcount)

    def _proposals(self, where: sa.ColumnElement[bool]) -> list[Proposal]:
        return [_proposal(r) for r in self._all(sa.select(proposals).where(where).order_by(proposals.c.id))]

    def _edit(self, query: sa.Select[Any]) -> EditRow | None:
        rows = self._all(query)
        return edit_row(rows[0]) if rows else None


def _proposal_values(proposal: Proposal) -> dict[str, Any]:
    detail = {
        "changes": [[entry_data(c.wanted), entry_data(c.base)] for c in proposal.changes],
        "place": proposal.place,
        "credit": proposal.credit,
        "version": proposal.version,
        "tickets": proposal.tickets,
        "why": proposal.why,
    }
    return {
        "origin": proposal.origin.value,
        "state": proposal.state.value,
        "proposer": proposal.proposer,
        "helper": proposal.helper,
        "created_at": proposal.created_at,
        "changed_at": proposal.changed_at,
        "detail": codec.dump(detail),
    }


def _proposal(row: Any) -> Proposal:
    detail = json.loads(row.detail)
    changes = [(entry_of(wanted), entry_of(base)) for wanted, base in detail["changes"]]
    return Proposal(
        ProposalId(row.id),
        Origin(row.origin),
        State(row.state),
        tuple(Change(wanted, base) for wanted, base in changes if wanted is not None),
        proposer=UserId(row.proposer) if row.proposer else None,
        helper=UserId(row.helper) if row.helper else None,
        place=RoomId(detail["place"]) if detail["place"] else None,
        credit=Credit(detail["credit"]) if detail["credit"] else None,
        version=detail["version"],
        tickets=tuple(TicketId(t) for t in detail["tickets"]),
        why=tuple(detail.get("why", ())),
        created_at=row.created_at,
        changed_at=row.changed_at,
    )


def _edit_values(row: EditRow) -> dict[str, Any]:
    edit = row.edit
    detail: dict[str, Any] = {name: getattr(edit, name) for name in _EDIT}
    detail |= {"base": entry_data(edit.base), "wanted": entry_data(edit.wanted)}
    return {
        "proposal": row.proposal,
        "entry": edit.entry,
        "state": row.state.value,
        "at": row.at,
        "undoes": row.undoes,
        "undone": row.undone,
        "detail": codec.dump(detail),
    }


def edit_row(row: Any) -> EditRow:
    """Return a change of the files from its row."""
    detail = json.loads(row.detail)
    base, wanted = entry_of(detail.pop("base")), entry_of(detail.pop("wanted"))
    edit = FaqEdit(row.id, row.entry, base=base, wanted=wanted, **detail)
    return EditRow(edit, EditState(row.state), row.proposal, row.undoes, bool(row.undone), row.at)


def entry_data(entry: FaqEntry | None) -> dict[str, Any] | None:
    """Return an entry as JSON can hold it, without what has its default."""
    if entry is None:
        return None
    found = {f.name: v for f in fields(entry) if (v := getattr(entry, f.name)) != f.default}
    for name in ("reviewed", "review_by", "archived"):
        if name in found:
            found[name] = found[name].isoformat()
    if "sources" in found:
        found["sources"] = [[s.title, s.url] for s in entry.sources]
    return found


def entry_of(data: dict[str, Any] | None) -> FaqEntry | None:
    """Return the entry of what `entry_data` gave."""
    if data is None:
        return None
    for name in ("reviewed", "review_by", "archived"):
        if name in data:
            data[name] = date.fromisoformat(data[name])
    for name in ("variants", "never", "keywords", "crcn_edu"):
        if name in data:
            data[name] = tuple(data[name])
    if "sources" in data:
        data["sources"] = tuple(Source(*s) for s in data["sources"])
    if "local" in data:
        data["local"] = tuple((k, v) for k, v in data["local"])
    return FaqEntry(**data)
