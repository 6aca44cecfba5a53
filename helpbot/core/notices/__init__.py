"""What the bot can say: one small dataclass each. The words are in texts/fr.yaml, under the same name.

A plain `str` field may come from a person and is escaped where it is shown; `Markdown` is written by
a FAQ author or by helpbot and is shown as Markdown (sanitised all the same).
A family of notices of its own (volunteering, reports…) is a module beside this one.
"""

from __future__ import annotations

from dataclasses import dataclass


class Markdown(str):
    """A text that is Markdown on purpose."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to say; see the subclasses."""


@dataclass(frozen=True, slots=True)
class Greeting(Notice):
    """On joining a room: what the bot does, and what it reads and keeps."""

    name: str


@dataclass(frozen=True, slots=True)
class GreetingDirect(Notice):
    """On joining a direct message."""

    name: str


@dataclass(frozen=True, slots=True)
class FaqAnswer(Notice):
    """A FAQ entry, its sources and review date, and « ça vous aide ? »."""

    answer: Markdown
    sources: tuple[tuple[str, str], ...]
    """(title, url) pairs; the url may be empty."""
    reviewed: str
    """ISO date, or empty."""
    stale: bool
    credit: str = ""
    """Whom to thank, as they wish to be named."""
    link: str = ""
    """The entry's page on the web; empty: it has none."""


@dataclass(frozen=True, slots=True)
class Clarify(Notice):
    """« Vouliez-vous dire 1 / 2 / 3 / 0 aucune ? »"""

    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OtherAnswers(Notice):
    """After ❌: the next candidates, or a human."""

    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RouteOffer(Notice):
    """« Je ne sais pas, je demande à un·e collègue ? », and where the question would be seen."""

    after_no: bool
    """The asker said that an answer did not help."""


@dataclass(frozen=True, slots=True)
class Redirected(Notice):
    """A fixed answer that names who to turn to."""

    answer: Markdown
    urgent: bool
    small_talk: bool = False


@dataclass(frozen=True, slots=True)
class Late(Notice):
    """First seen after 48 hours."""

    asked_on: str
    """ISO date."""


@dataclass(frozen=True, slots=True)
class Asking(Notice):
    """A colleague is being asked; when an answer or the next word is expected."""

    ref: str
    by: str
    """ISO local time of the next step."""


@dataclass(frozen=True, slots=True)
class AskingLater(Notice):
    """Nobody is asked before the open hours begin again."""

    ref: str
    by: str


@dataclass(frozen=True, slots=True)
class Taken(Notice):
    """Somebody took the question."""

    ref: str
    helper: str
    by: str
    """Local time from which somebody else is looked for, without a word of theirs."""


@dataclass(frozen=True, slots=True)
class Searching(Notice):
    """The search goes on after a release, a silence or a ❌."""

    ref: str


@dataclass(frozen=True, slots=True)
class NobodyYet(Notice):
    """Nobody is left to ask; the question stays open."""

    ref: str
    until: str
    """ISO local time at which it expires."""
    then: str
    """Who is told of it next: `volunteers` or `referents`."""
    next_at: str
    """When (`hours.told`); empty: nobody is left to be told."""


@dataclass(frozen=True, slots=True)
class NotAsked(Notice):
    """The asker said no: nothing goes out."""


@dataclass(frozen=True, slots=True)
class Expired(Notice):
    """The question ends without an answer, and joins the gap report."""

    ref: str


@dataclass(frozen=True, slots=True)
class Withdrawn(Notice):
    """`!annuler` was done."""

    ref: str


@dataclass(frozen=True, slots=True)
class NothingToCancel(Notice):
    """`!annuler` without an open question."""


@dataclass(frozen=True, slots=True)
class Relayed(Notice):
    """A helper's answer in the asker's room."""

    helper: str
    text: str


@dataclass(frozen=True, slots=True)
class RelayedMore(Notice):
    """A further word of the helper."""

    helper: str
    text: str


@dataclass(frozen=True, slots=True)
class FollowUp(Notice):
    """The asker's further word, in the helper's room."""

    ref: str
    asker: str
    text: str


@dataclass(frozen=True, slots=True)
class OfferMade(Notice):
    """An offer to one volunteer, and where the answer will be seen."""

    ref: str
    question: str
    asker: str
    """A first name when the asker agreed, else empty."""
    level: str
    where: str
    """`private`, `room` or `public`: who will see the answer."""
    first: bool
    """The first message to a volunteer whom the configuration named: it says so, and how to stop."""
    others: int = 0
    """How many more people wait for the same answer."""


@dataclass(frozen=True, slots=True)
class OfferOpen(Notice):
    """One post without a ping, when nobody is left to ask."""

    ref: str
    question: str
    asker: str
    level: str
    where: str
    others: int = 0


@dataclass(frozen=True, slots=True)
class OfferMine(Notice):
    """The offer after its reader claimed it: how to answer."""

    ref: str
    question: str
    others: int = 0


@dataclass(frozen=True, slots=True)
class OfferTaken(Notice):
    """The offer after somebody claimed it, where several people can read it."""

    ref: str


@dataclass(frozen=True, slots=True)
class OfferPassed(Notice):
    """The offer after its reader passed."""

    ref: str


@dataclass(frozen=True, slots=True)
class OfferAnswered(Notice):
    """The offer after the answer was relayed."""

    ref: str
    question: str


@dataclass(frozen=True, slots=True)
class OfferSolved(Notice):
    """The offer after the asker said that it helped."""

    ref: str


@dataclass(frozen=True, slots=True)
class OfferEnded(Notice):
    """The offer when the question no longer needs it."""

    ref: str


@dataclass(frozen=True, slots=True)
class FollowUpWaits(Notice):
    """To a helper whose hours have begun: the asker added something outside of them."""

    ref: str


@dataclass(frozen=True, slots=True)
class ClaimReminder(Notice):
    """A claim without a word: one reminder."""

    ref: str


@dataclass(frozen=True, slots=True)
class AlreadyTaken(Notice):
    """Somebody else was first, or the question has ended."""

    ref: str


@dataclass(frozen=True, slots=True)
class NotAVolunteer(Notice):
    """Only people who opted in may claim."""


@dataclass(frozen=True, slots=True)
class Help(Notice):
    """`!aide`."""

    name: str
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnknownCommand(Notice):
    """A `!` word that is no command."""

    meant: str


@dataclass(frozen=True, slots=True)
class ForReviewers(Notice):
    """A command that belongs to the review room."""


@dataclass(frozen=True, slots=True)
class WriteToMe(Notice):
    """What concerns one person is told in a direct message, and there is none yet."""


@dataclass(frozen=True, slots=True)
class LookInDirect(Notice):
    """A direct message was opened for what concerns one person: the answer is there."""


@dataclass(frozen=True, slots=True)
class Privacy(Notice):
    """`!rgpd`: what is kept, for how long, who answers for it."""

    controller: str
    dpo: str
    unsolved_days: int
    solved_days: int
    help_log_months: int


@dataclass(frozen=True, slots=True)
class Report(Notice):
    """`!bilan`: counts without a person."""

    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SomebodyWillLook(Notice):
    """We failed on this message; the operator was told."""


@dataclass(frozen=True, slots=True)
class KeyLate(Notice):
    """A message meant for the bot cannot be read: its key has not come yet."""


@dataclass(frozen=True, slots=True)
class BackWithoutKeys(Notice):
    """Back from a loss: what was written here meanwhile cannot be read, and nobody knows whom it was for."""


@dataclass(frozen=True, slots=True)
class KeyRefused(Notice):
    """A message meant for the bot cannot be read: its author's client gives no key."""


@dataclass(frozen=True, slots=True)
class NothingToVerify(Notice):
    """Somebody wanted to compare emojis with the bot: it is declined, and why."""


@dataclass(frozen=True, slots=True)
class WhichOne(Notice):
    """A sign without a reply, when several questions wait."""


@dataclass(frozen=True, slots=True)
class ForColleague(Notice):
    """Words of a volunteer in their direct message that are no reply: for whom are they?"""

    ref: str


@dataclass(frozen=True, slots=True)
class PassedOn(Notice):
    """They were for the colleague, and were relayed."""


@dataclass(frozen=True, slots=True)
class MaskedWords(Notice):
    """One line under an answer: what was masked in its reader's message."""

    kinds: tuple[str, ...]
    """Values of `masking.Found`."""


@dataclass(frozen=True, slots=True)
class NotAText(Notice):
    """A picture, a file or a voice message was addressed to the bot."""


@dataclass(frozen=True, slots=True)
class FaqBroken(Notice):
    """FAQ files changed and do not load; the last good ones stay in use."""

    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FaqLoaded(Notice):
    """FAQ files were mended and are in use again."""

    entries: int
