"""What a gap report is made from and what it says."""

from __future__ import annotations

from dataclasses import dataclass

PROPOSES_AT = 3
"""Questions, from as many people, from which a group proposes itself as an entry (issue 7)."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that the FAQ did not answer, or whose answer got a ❌."""

    text: str
    """The masked text, or the topic summary that is left of it."""
    at: int
    """UTC milliseconds."""
    asker: str | None = None
    """A pseudonym; None where nothing links the text to a person any more."""
    ref: str = ""
    """What the caller finds it again by, such as a ticket's id."""
    theme: str | None = None
    refused: bool = False
    """It was answered, and the answer was not the right one."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions alike: something that the FAQ lacks."""

    label: str
    """Its most telling words, such as « badge, cantine »."""
    question: str
    """The most central of the questions, reworded: no greeting, accents put back. As masked as it came.

    Empty where only summaries are left: words in no order are no question.
    """
    asked: tuple[Unanswered, ...]
    """Its questions, the most central first."""
    people: int
    """How many different pseudonyms; never shown below 5 (privacy 1)."""
    theme: str | None = None
    """The commonest theme among its questions."""

    @property
    def count(self) -> int:
        """How many questions."""
        return len(self.asked)

    @property
    def refused(self) -> int:
        """How many of them had got an answer that was refused."""
        return sum(q.refused for q in self.asked)

    @property
    def last_at(self) -> int:
        """When it was last asked, in UTC milliseconds."""
        return max(q.at for q in self.asked)

    @property
    def proposes_itself(self) -> bool:
        """Whether enough questions of enough people ask for an entry."""
        return self.count >= PROPOSES_AT and self.people >= PROPOSES_AT


@dataclass(frozen=True, slots=True)
class MapWord:
    """A word of the questions and its place on the map."""

    word: str
    count: int
    """How many questions say it; five people at least."""
    x: float
    """Between 0 and 1, from the left."""
    y: float
    """Between 0 and 1, from the top."""
    gap: int | None
    """The place in `GapReport.gaps` of the gap that says it most, None when none does."""


@dataclass(frozen=True, slots=True)
class MapLink:
    """Two words that are said together: an edge of the similarity graph."""

    a: int
    """Place in `WordMap.words`."""
    b: int
    count: int
    """How many questions say both; five people at least."""


@dataclass(frozen=True, slots=True)
class WordMap:
    """The words of the questions: sized, they are a word map; with the links, a similarity graph.

    The links are the maximum spanning tree of the words' co-occurrences, as IRAMUTEQ draws it (« analyse de
    similitudes », Flament 1962): a forest where some words never meet.
    """

    words: tuple[MapWord, ...] = ()
    """The most frequent first."""
    links: tuple[MapLink, ...] = ()


@dataclass(frozen=True, slots=True)
class GapReport:
    """What the FAQ lacks, the most frequent first."""

    gaps: tuple[Gap, ...] = ()
    alone: int = 0
    """How many questions are like no other."""
    map: WordMap = WordMap()
