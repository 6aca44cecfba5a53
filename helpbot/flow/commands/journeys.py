"""`!monparcours`: what somebody gave, told to them alone and kept as long as they wish."""

from __future__ import annotations

from helpbot.core.commands import Command
from helpbot.core.incoming import Message
from helpbot.core.journey import Journey, journey
from helpbot.core.notices import journey as say
from helpbot.core.when import fold
from helpbot.flow.desk import Desk

_KEEP = {"garder", "garde", "conserver", "conserve", "oui", "keep"}
_DROP = {"effacer", "efface", "oublier", "oublie", "supprimer", "supprime", "non", "ne pas garder", "stop"}


def my_journey(desk: Desk, event: Message, command: Command) -> None:
    """Show it, keep it beyond the log, or stop keeping it."""
    person = desk.setting.alias(event.sender)
    months = desk.setting.policy.help_log_months
    asked = fold(command.rest)
    if asked in _KEEP:
        desk.tx.keep_journey(person, desk.now)
        desk.privately(event, say.JourneyKept())
        return
    if asked in _DROP:
        desk.tx.drop_journey(person)
        desk.privately(event, say.JourneyDropped(months))
        return
    found = read_journey(desk, person)
    notice = say.MyJourney(found, months) if found.answers else say.NoJourney(found.kept)
    desk.privately(event, notice)


def read_journey(desk: Desk, person: str) -> Journey:
    """Return what the person of a pseudonym gave."""
    kept = desk.tx.keeps_journey(person)
    return journey(desk.tx.journey(person), desk.setting.index.faq, kept=kept)


HANDLERS = {"monparcours": my_journey}
