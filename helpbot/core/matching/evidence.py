"""What the words of a question say for one entry, and what they say against it."""

from __future__ import annotations

from dataclasses import dataclass

WORD_MEASURES = (
    "cover", "subject", "frame_only", "missing", "reverse", "overlap", "contrast", "frame_contrast",
    "unphrased", "frame_missing", "frame_share", "strange", "row_cover", "row_reverse", "row_missing",
    "core_missing", "core_cover", "claimed", "disclaimed", "balance",
    "in_kind", "foreign", "frame_foreign", "core_foreign", "kind_claimed", "kind_disclaimed",
)  # fmt: skip
"""Shares of the question's weight, or weights as parts of the heaviest that there is.

cover: what the entry's phrasings or answer have; subject: the same, frame words left out; frame_only: 1
where none of the subject is had.
missing: the heaviest subject word that neither has.
reverse: the most that a question says of one phrasing. overlap: what the likest phrasing and the question
share, of both together; row_cover of the question alone, row_reverse of that phrasing alone; row_missing:
its heaviest subject word left unsaid.
contrast: the heaviest subject word that the FAQ says elsewhere and these phrasings never; unphrased:
elsewhere or not. frame_contrast, frame_missing: the same of frame words (« annuler », where it is about
ordering); frame_share: all of those. strange: what neither the FAQ's phrasings nor this answer ever say.
core_missing: the heaviest word at the entry's heart, which most of its phrasings say, left unsaid;
core_cover: how much of the heart is said.
claimed: the heaviest word that the entry has and its nearest rival lacks; disclaimed: the other way round;
balance: how much more these phrasings say the question's words than the rival's.
in_kind: the question's words that the phrasings say otherwise (`kinds.py`); foreign, frame_foreign: the
heaviest word where they and the answer have none of its kind; core_foreign: the heaviest word at the
entry's heart where the question has none of its kind; kind_claimed, kind_disclaimed: as above, in kind.
"""
_MISSING, _OVERLAP = WORD_MEASURES.index("missing"), WORD_MEASURES.index("overlap")


@dataclass(frozen=True, slots=True)
class Evidence:
    """How much of a question one entry accounts for."""

    values: tuple[float, ...]
    """As `WORD_MEASURES` names them."""
    phrased: float
    """Share of the question that the entry's phrasings have, its answer left out."""
    words: tuple[str, ...]
    """The words that speak for it as they were typed, the weightiest first."""

    @property
    def missing(self) -> float:
        """Give the weight of the heaviest subject word that the entry lacks."""
        return self.values[_MISSING]

    @property
    def overlap(self) -> float:
        """Give what the question and the likest phrasing share: 1 where they say the same."""
        return self.values[_OVERLAP]
