"""What is said around the life of the FAQ: proposals, their cards, what became of them."""

from __future__ import annotations

from dataclasses import dataclass

from helpbot.core.notices import Markdown, Notice


@dataclass(frozen=True, slots=True)
class PinNoted(Notice):
    """📌 was seen: what follows."""

    what: str
    """`proposed`, `asking` (the helper first), `already`, `nothing` (no answer), `no_room`, `not_yours`."""


@dataclass(frozen=True, slots=True)
class QuestionProposed(Notice):
    """To who asked: somebody else proposes the answer, with their question, for the FAQ."""


@dataclass(frozen=True, slots=True)
class CreditAsked(Notice):
    """To the helper: may the answer become an entry, and whom to thank."""

    ref: str
    own: bool
    """They proposed it themselves: only the thanks are asked about."""


@dataclass(frozen=True, slots=True)
class CreditNoted(Notice):
    """What the helper chose, understood."""

    what: str
    """`full`, `first`, `nobody`, `declined`, `withdrawn`, `over` (too late), `unclear`."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One field of an entry before and after a change."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ProposalCard(Notice):
    """A drafted or changed entry as the referents see it, and what they may do with it."""

    number: int
    origin: str
    theme: str
    """Its title; empty when nobody could tell."""
    question: str
    answer: Markdown
    variants: tuple[str, ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    credit: str = ""
    changes: tuple[Compared, ...] = ()
    """For an entry that is there: what changes; the rest is not shown."""
    twins: tuple[tuple[str, str, str], ...] = ()
    """(id, its phrasing, the phrasing here) of entries that ask nearly the same."""
    near: tuple[tuple[str, str], ...] = ()
    """(id, question) of entries that it resembles."""
    contradicts: tuple[tuple[str, str], ...] = ()
    """(id, sentence) of entries that say it otherwise."""
    missing: tuple[str, ...] = ()
    """`question`, `answer`, `theme`."""
    themes: tuple[str, ...] = ()
    """To choose from, where it is missing."""
    waits: bool = False
    """The helper has not said yet how to be thanked."""


@dataclass(frozen=True, slots=True)
class VariantsCard(Notice):
    """Ways of asking that were confirmed ✅, to add with one tap."""

    number: int
    groups: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]
    """(question of the entry, phrasings, questions that it is not to answer); numbered from 1."""
    twins: tuple[tuple[str, str, str], ...] = ()
    """(id, its phrasing, the phrasing here) of other entries that ask nearly the same as a phrasing."""


@dataclass(frozen=True, slots=True)
class CardObjection(Notice):
    """A tap on a card does not do what it says."""

    what: str
    """A value of `proposals.Objection`."""


@dataclass(frozen=True, slots=True)
class CardRefused(Notice):
    """❌ was done."""

    told: bool
    """The helper is told."""


@dataclass(frozen=True, slots=True)
class NotAmended(Notice):
    """What a referent wrote under a card could not be taken over; nothing changed."""

    problems: tuple[tuple[str, str], ...]
    themes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntryWritten(Notice):
    """A change stands in the files and is in use."""

    entry: str
    question: str
    what: str
    """`added`, `changed`, `archived`, `undone`."""


@dataclass(frozen=True, slots=True)
class EntryNotWritten(Notice):
    """A change could not be made; nothing was lost."""

    entry: str
    why: str
    """A value of `editing.Why`."""
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CreditTakenOut(Notice):
    """An entry thanks nobody by name any more: they asked to be forgotten."""

    entry: str
    question: str


@dataclass(frozen=True, slots=True)
class HistoryTrouble(Notice):
    """The files are changed, and git could not keep it."""

    problem: str


@dataclass(frozen=True, slots=True)
class HistoryNotShared(Notice):
    """The change is in git, and could not be pushed; it will be tried again."""

    what: str
    """`behind`: the remote has commits that are not here; `trouble`."""
    problem: str


@dataclass(frozen=True, slots=True)
class HistoryShared(Notice):
    """What could not be pushed is pushed by now."""


@dataclass(frozen=True, slots=True)
class AnswerKept(Notice):
    """To the helper: their answer is an entry now, or will not be one."""

    what: str
    """`published`, `refused`."""
    word: str
    """The entry's question, or the referents' word; may be empty."""


@dataclass(frozen=True, slots=True)
class FaqHelp(Notice):
    """`!faq` without a verb, or with one that is none."""

    verbs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotUndone(Notice):
    """`!faq annuler` has nothing to do, or not now."""

    what: str
    """`nothing`, `busy`."""


@dataclass(frozen=True, slots=True)
class EntryShown(Notice):
    """One entry whole, as it stands in its file."""

    id: str
    theme: str
    question: str
    answer: Markdown
    variants: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]
    credit: str
    owner: str
    reviewed: str
    """ISO date, or empty; so are the next two."""
    review_by: str
    archived: str
    never: tuple[str, ...] = ()
    """Questions that it does not answer."""


@dataclass(frozen=True, slots=True)
class EntriesFound(Notice):
    """Entries by id and question: those of a theme, or those that some words may mean."""

    what: str
    """`found`, `which` (several may be meant), `none`, `theme`, `themes`."""
    of: str
    entries: tuple[tuple[str, str], ...]
    more: int = 0
    """How many are left out."""


@dataclass(frozen=True, slots=True)
class Changed(Notice):
    """A line of the history."""

    day: str
    """ISO date."""
    what: str
    entry: str
    question: str
    undone: bool


@dataclass(frozen=True, slots=True)
class History(Notice):
    """The newest changes that were published from the chat."""

    lines: tuple[Changed, ...]


@dataclass(frozen=True, slots=True)
class SayWhat(Notice):
    """A `!faq` command lacks something, or would change nothing: `verb` names which."""

    verb: str


@dataclass(frozen=True, slots=True)
class Lacking(Notice):
    """Questions alike that the FAQ does not answer."""

    label: str
    question: str
    """Empty where only words in no order are left."""
    count: int
    """How many questions; 0 where it is withheld, being about fewer than five people."""
    theme: str


@dataclass(frozen=True, slots=True)
class Missing(Notice):
    """`!lacunes`: what is asked for and not there, the most frequent first."""

    gaps: tuple[Lacking, ...]
    what: str = "found"
    """`found`, `none`, `unavailable` (an extra is missing), `trouble`."""


@dataclass(frozen=True, slots=True)
class FaqWeek(Notice):
    """Once a week, to the referents: what is missing, what waits for them, what grew old."""

    gaps: tuple[Lacking, ...]
    waiting: int
    old: int


@dataclass(frozen=True, slots=True)
class RereadCard(Notice):
    """An entry that grew old, to whoever keeps it."""

    number: int
    entry: EntryShown
    why: tuple[str, ...]
    """`due`, `refused`, or an address that no longer answers."""
