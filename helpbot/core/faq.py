"""The FAQ as values: entries, themes and fixed redirections, as contract.md's files describe them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact was read. `url` may be empty when the source is a document without an address."""

    title: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class FaqEntry:
    """One question that the FAQ answers."""

    id: str
    theme: str
    question: str
    answer: str
    """Markdown, short: a phone screen."""
    variants: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    owner: str | None = None
    reviewed: date | None = None
    review_by: date | None = None
    local: tuple[tuple[str, str], ...] = ()
    """Values that an académie overrides, as pairs; `{name}` in the answer stands for them."""
    crcn_edu: tuple[str, ...] = ()
    credit: str = ""
    """Whom to thank for the answer, as they wish to be named; empty: nobody is named."""
    archived: date | None = None
    """Kept in its file and answered no more, since that day."""
    never: tuple[str, ...] = ()
    """Questions that it does not answer, close as they may sound."""

    @property
    def answer_here(self) -> str:
        """The answer with the values of this académie in it."""
        answer = self.answer
        for name, value in self.local:
            answer = answer.replace(f"{{{name}}}", value)
        return answer

    @property
    def phrasings(self) -> tuple[str, ...]:
        """The question and its variants: everything that is known to ask for this entry."""
        return (self.question, *self.variants)


@dataclass(frozen=True, slots=True)
class Redirect:
    """A fixed answer that names who to turn to, for what is out of scope or urgent."""

    id: str
    when: tuple[str, ...]
    answer: str
    urgent: bool = False
    small_talk: bool = False
    """Said to the bot itself (« merci », « bonjour »): no colleague is offered, the site has no such page."""


@dataclass(frozen=True, slots=True)
class Faq:
    """Everything that the files say, in the order of files and entries."""

    entries: tuple[FaqEntry, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    titles: tuple[tuple[str, str], ...] = ()
    """(theme, title) pairs, one a file."""
    revision: str = field(default="", compare=False)
    """A short hash of the files' content; each answer records it."""
    archived: tuple[FaqEntry, ...] = ()
    """Entries that are kept and not answered any more."""
    _by_id: dict[str, FaqEntry] = field(init=False, repr=False, compare=False)
    _titles: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # First come first: two of one id are a problem that the loader tells.
        object.__setattr__(self, "_by_id", {e.id: e for e in reversed(self.entries)})
        object.__setattr__(self, "_titles", dict(self.titles))

    def entry(self, entry_id: str) -> FaqEntry | None:
        """The entry of that id, or None."""
        return self._by_id.get(entry_id)

    @property
    def themes(self) -> tuple[str, ...]:
        """The themes that have a title, in the order of files."""
        return tuple(self._titles)

    def theme_title(self, theme: str) -> str:
        """The title of a theme; of one that has none, its name."""
        return self._titles.get(theme, theme)
