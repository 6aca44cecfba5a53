"""Proposals for the FAQ and changes of its files. Part of `Tx`; times are Unix milliseconds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from helpbot.core.editing import EditRow, EditState
from helpbot.core.ids import TicketId, UserId
from helpbot.core.learning import Marks, Topic
from helpbot.core.proposals import Origin, Proposal, ProposalId
from helpbot.core.records import OutboxRow
from helpbot.core.tickets import Ticket


class ProposalsTx(Protocol):
    """Proposals for the FAQ, and changes of its files."""

    def save_proposal(self, proposal: Proposal) -> Proposal:
        """Insert (id 0) or update a proposal; returns it with its id."""
        ...

    def proposal(self, proposal: ProposalId) -> Proposal | None:
        """Return a proposal."""
        ...

    def proposals_of(self, tickets: Iterable[TicketId]) -> list[Proposal]:
        """Return the proposals that were made from any of these questions, oldest first."""
        ...

    def open_proposals(self) -> list[Proposal]:
        """Return the proposals that have not ended, oldest first."""
        ...

    def cards_of(self, proposal: ProposalId) -> list[OutboxRow]:
        """Return the messages that showed a proposal to the referents, oldest first."""
        ...

    def save_edit(self, row: EditRow) -> EditRow:
        """Insert (id 0) or update a change of the files; returns it with its id."""
        ...

    def edit(self, number: int) -> EditRow | None:
        """Return a change of the files."""
        ...

    def edit_in_hand(self) -> EditRow | None:
        """Return the oldest change that is neither in the files with its history nor refused."""
        ...

    def edits_left(self, proposal: ProposalId) -> int:
        """Return how many changes of a proposal are still to be written."""
        ...

    def edits(self, states: Iterable[EditState], *, entry: str | None, limit: int) -> list[EditRow]:
        """Return the newest changes in these states, of one entry or of all, the newest first."""
        ...

    def proposals_since(self, origin: Origin, since: int) -> list[Proposal]:
        """Return the proposals of an origin that were made since a moment, ended or not."""
        ...

    def asked_since(self, since: int, *, limit: int) -> list[Ticket]:
        """Return the newest questions since a moment that still have a text, the newest first."""
        ...

    def last_helped(self, person: UserId) -> Ticket | None:
        """Return the newest question with a volunteer's answer that somebody asked or answered."""
        ...

    def marks(self, since: int, until: int) -> dict[str, Marks]:
        """Return how each entry did with the questions that ended in between."""
        ...

    def keep_topics(self, topics: Iterable[Topic]) -> None:
        """Keep the words of questions that are about to be forgotten."""
        ...

    def topics(self, since: str, *, limit: int) -> list[tuple[int, Topic]]:
        """Return the newest topics since a month (`2026-11`) with their numbers."""
        ...

    def forget_topics(self, before: str) -> int:
        """Delete the topics of the months before one; returns how many."""
        ...

    def remembered(self, key: str) -> str | None:
        """Return what was remembered under a key."""
        ...

    def remember(self, key: str, value: str) -> None:
        """Remember one thing under a key, in place of what was there."""
        ...

    def forget_proposals(self, *, ended_before: int, dry: bool = False) -> int:
        """Delete what ended before a moment, refused changes included; returns how many."""
        ...
