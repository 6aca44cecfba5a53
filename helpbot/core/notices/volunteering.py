"""What is said to volunteers about themselves, and to everybody about who helps. Words: texts/fr.yaml."""

from __future__ import annotations

from dataclasses import dataclass

from helpbot.core.notices import Notice


@dataclass(frozen=True, slots=True)
class VolunteerCard(Notice):
    """What a volunteer offers, as it was understood, and when they would next be asked."""

    lead: str
    """What changed: `welcome`, `themes`, `hours`, `habits`, `away`, `away_instead`, `back`, `load`…, or
    `shown`."""
    themes: tuple[str, ...]
    learning: tuple[str, ...]
    hours: str
    day: int
    week: int
    at_once: int
    level: str
    school: str
    academie: str
    shown: bool
    full_name: bool
    away_from: str
    """ISO local time at which an absence begins; empty: now, or none."""
    away_until: str
    """The last moment of an absence: an ISO day when it lasts to its end, else an ISO local time."""
    next_at: str
    """When they may next be asked (`hours.told`); empty: at any moment from now on."""
    unknown: tuple[str, ...] = ()
    """Words that were not understood."""
    known: tuple[str, ...] = ()
    """The themes that there are, told when a word was not understood."""
    never: bool = False
    """Their hours have nothing in common with those in which the bot asks."""
    busy: bool = False
    """They have as many questions in hand as they take at once."""
    in_class: tuple[int, ...] = ()
    """Hours of the week (0: Monday midnight) at which they are taken to be in class, and not asked."""
    no_habits: bool = False
    """These are not to be learned."""


@dataclass(frozen=True, slots=True)
class AwayAlready(Notice):
    """An absence of later is not taken down while one goes on: it would end that one."""

    until: str
    """ISO date of its last day."""


@dataclass(frozen=True, slots=True)
class VolunteerNothing(Notice):
    """`!volontaire` without anything that was understood."""

    unknown: tuple[str, ...]
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VolunteerStopped(Notice):
    """`!stop` was done."""

    released: int
    """Questions that were theirs and are asked of somebody else now."""


@dataclass(frozen=True, slots=True)
class NotVolunteering(Notice):
    """A command of volunteers, from somebody who is none."""


@dataclass(frozen=True, slots=True)
class NotUnderstood(Notice):
    """What was typed after a command, and what is wrong with it. Nothing was changed."""

    problem: str


@dataclass(frozen=True, slots=True)
class Talents(Notice):
    """`!talents`: the map of who helps on what."""

    lines: tuple[tuple[str, str, str], ...]
    """(theme, `none` | `few` | `many`, names of those who said that they may be shown)."""


@dataclass(frozen=True, slots=True)
class WhoKnows(Notice):
    """`!qui pix`."""

    theme: str
    band: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WhoUnknown(Notice):
    """`!qui` with no theme that is known."""

    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WhyMe(Notice):
    """`!pourquoi`: why the last question was offered to this person."""

    ref: str
    theme: str
    nearness: str
    """`school`, `level`, `any` or `unasked`."""
    asked_week: int
    offered_week: int
    asked_month: int
    """In four weeks; 0 also where it was not noted yet."""


@dataclass(frozen=True, slots=True)
class WhyNothing(Notice):
    """`!pourquoi` from somebody who was not asked anything lately."""


@dataclass(frozen=True, slots=True)
class MyQuestions(Notice):
    """`!mesquestions`: what somebody asked and what became of it."""

    asked: tuple[tuple[str, str, str, str], ...]
    """(ref, ISO day, state, the beginning of the text), newest first."""
    helping: tuple[tuple[str, str], ...]
    """(ref, the beginning of the text) of questions that wait for their answer."""


@dataclass(frozen=True, slots=True)
class HandedOver(Notice):
    """`!passe @collègue` was done."""

    ref: str


@dataclass(frozen=True, slots=True)
class NotHandedOver(Notice):
    """`!passe` could not be done; nothing has changed."""

    why: str
    """`nothing` is held, `nobody` was named, `which` of several is meant, or the named one's `Refusal`."""
