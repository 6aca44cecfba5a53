"""A proposal, the states it may go through, and what a decision on it wants done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from helpbot.core.faq import FaqEntry
from helpbot.core.ids import RoomId, TicketId, UserId

ProposalId = NewType("ProposalId", int)


class State(StrEnum):
    """Where a proposal stands."""

    AGREEING = "agreeing"
    """The helper whose words they are has not said yes yet: nobody else reads them."""
    REVIEW = "review"
    WRITING = "writing"
    """Approved, on its way into the files."""
    PUBLISHED = "published"
    REFUSED = "refused"
    DECLINED = "declined"
    """The helper does not want it."""
    WITHDRAWN = "withdrawn"
    """What it was made from was deleted, or nobody cared for it in time."""


TRANSITIONS: dict[State, frozenset[State]] = {
    State.AGREEING: frozenset({State.REVIEW, State.DECLINED, State.WITHDRAWN}),
    State.REVIEW: frozenset({State.WRITING, State.REFUSED, State.DECLINED, State.WITHDRAWN}),
    State.WRITING: frozenset({State.PUBLISHED, State.REVIEW}),
    State.PUBLISHED: frozenset(),
    State.REFUSED: frozenset(),
    State.DECLINED: frozenset(),
    State.WITHDRAWN: frozenset(),
}
"""Every change that may happen; staying in a state is always allowed. The docs' diagram is made from it."""

ENDED = frozenset(state for state, further in TRANSITIONS.items() if not further)


class Origin(StrEnum):
    """What a proposal was made from."""

    ANSWER = "answer"
    """A volunteer's answer that somebody marked 📌."""
    GAP = "gap"
    """Questions alike that the FAQ does not answer."""
    CHANGE = "change"
    """A referent's `!faq modifier`, `variante`, `archiver`."""
    VARIANTS = "variants"
    """Questions that the FAQ answered and that were confirmed ✅."""
    REREAD = "reread"
    """An entry whose review is due."""


class Credit(StrEnum):
    """How a helper wants to be thanked in the entry."""

    FULL = "full"
    FIRST = "first"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Change:
    """One entry as it is to be, and what the change was made from; None: it is new."""

    wanted: FaqEntry
    base: FaqEntry | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """One or more changes of the FAQ, waiting for people's yes."""

    id: ProposalId
    origin: Origin
    state: State
    changes: tuple[Change, ...]
    proposer: UserId | None = None
    """None: nobody; the bot found it. Forgotten when it ends."""
    helper: UserId | None = None
    """Whose words the answer is; the owner of an entry that grew old. Forgotten when it ends."""
    place: RoomId | None = None
    """Where the helper, or the owner, is asked and told."""
    credit: Credit | None = None
    """None: they have not said."""
    version: int = 1
    """Of the card: what was approved is what stood on it."""
    tickets: tuple[TicketId, ...] = ()
    """The questions that it was made from."""
    why: tuple[str, ...] = ()
    """Why an entry is to be read again: `due`, `refused`, or an address that no longer answers."""
    created_at: int = 0
    changed_at: int = 0

    @property
    def entry(self) -> FaqEntry:
        """The entry that it is about, the first where there are several."""
        return self.changes[0].wanted

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ENDED


class Objection(StrEnum):
    """Why somebody's tap does not do what it says."""

    OLD_CARD = "old_card"
    """The entry was changed after that card was shown."""
    OVER = "over"
    """It was decided already."""
    ANOTHER = "another"
    """Who proposed it does not approve it alone."""
    NOTHING = "nothing"
    """It changes nothing."""
    INCOMPLETE = "incomplete"
    """It lacks a question, an answer or a theme."""


@dataclass(frozen=True, slots=True)
class AskHelper:
    """Ask the helper for their agreement, and how to thank them."""


@dataclass(frozen=True, slots=True)
class ShowCard:
    """Show it to the referents as it is now."""


@dataclass(frozen=True, slots=True)
class Write:
    """Change the files."""

    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class TellHelper:
    """Tell the helper what became of it: `published`, `refused` with the referents' word."""

    what: str
    word: str = ""
    user: UserId | None = None
    place: RoomId | None = None


@dataclass(frozen=True, slots=True)
class Redact:
    """Take its cards back."""


Effect = AskHelper | ShowCard | Write | TellHelper | Redact


@dataclass(frozen=True, slots=True)
class Decision:
    """The proposal after what happened, and what is to be done."""

    proposal: Proposal
    effects: tuple[Effect, ...] = ()
