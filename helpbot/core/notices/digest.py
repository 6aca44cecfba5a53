"""What is said of questions that found nobody yet: each school morning, and to referents last."""

from __future__ import annotations

from dataclasses import dataclass

from helpbot.core.notices import Notice


@dataclass(frozen=True, slots=True)
class Waiting:
    """One question of a digest."""

    ref: str
    theme: str
    """The title of its theme, empty when unknown."""
    text: str
    """Its beginning; empty where it may not be shown."""


@dataclass(frozen=True, slots=True)
class Digest(Notice):
    """Each school morning, to the volunteers' room, without a ping: what still waits."""

    lines: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class ForReferents(Notice):
    """To the referents, all questions in one message: what no volunteer took."""

    lines: tuple[Waiting, ...]
    thin: tuple[str, ...]
    """Titles of their themes which fewer than five volunteers carry."""


@dataclass(frozen=True, slots=True)
class StillNobody(Notice):
    """The status of a question after a digest: who was told now, and who is next."""

    ref: str
    told: str
    """`volunteers` or `referents`."""
    next_at: str
    """When the referents are told (`hours.told`); empty: they were."""
    until: str
    """The day on which the question expires."""


@dataclass(frozen=True, slots=True)
class NoSuchQuestion(Notice):
    """`!reponse` or `!prendre` with no reference that is known, or without an answer."""


@dataclass(frozen=True, slots=True)
class AnswerPassedOn(Notice):
    """`!reponse REF …` was done."""

    ref: str


@dataclass(frozen=True, slots=True)
class TakenByRef(Notice):
    """`!prendre REF` was done: the question, and how to answer."""

    ref: str
    question: str
