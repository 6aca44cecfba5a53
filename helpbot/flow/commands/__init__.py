"""What `!` commands do. One file a family; adding one: its line in core/commands.py, its handler here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from helpbot.core import notices as say
from helpbot.core.commands import COMMANDS, Command, CommandSpec
from helpbot.core.incoming import Message
from helpbot.flow.commands import answering, basics, faq, journeys, reports, rights, rooms, volunteering
from helpbot.flow.desk import Desk

Handler = Callable[[Desk, Message, Command], None]

HANDLERS: Mapping[str, Handler] = {
    **basics.HANDLERS,
    **answering.HANDLERS,
    **faq.HANDLERS,
    **rooms.HANDLERS,
    **journeys.HANDLERS,
    **reports.HANDLERS,
    **rights.HANDLERS,
    **volunteering.HANDLERS,
}
_SPECS: Mapping[str, CommandSpec] = {spec.name: spec for spec in COMMANDS}


def carry_out(desk: Desk, event: Message, command: Command) -> None:
    """Do what a command asks, or say why not: unknown, or not for this person here."""
    spec = _SPECS.get(command.name)
    if spec is None:
        desk.note(event, say.UnknownCommand(command.meant))
    elif not desk.allowed(event, spec.who):
        desk.note(event, say.ForReviewers())
    else:
        HANDLERS[spec.name](desk, event, command)
