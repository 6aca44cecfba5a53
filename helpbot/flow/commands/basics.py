"""What everybody may ask at any time: help, taking a question back, what is kept."""

from __future__ import annotations

from helpbot.core import commands, tickets
from helpbot.core import notices as say
from helpbot.core.commands import Command
from helpbot.core.incoming import Message
from helpbot.core.tickets import State
from helpbot.core.when import fold
from helpbot.flow import peers
from helpbot.flow.desk import Desk

_BACK = {"fin", "non", "annuler", "stop", "retirer"}


def help_with(desk: Desk, event: Message, _command: Command | None = None) -> None:
    """List the commands that this person may use here."""
    shown = tuple(f"!{c.name}" for c in commands.COMMANDS if desk.allowed(event, c.who))
    desk.note(event, say.Help(desk.setting.me.name, shown))


def cancel(desk: Desk, event: Message, _command: Command) -> None:
    """Take back the newest open question, one of this room first."""
    mine = desk.tx.open_tickets(event.sender)
    here = [t for t in mine if t.room == event.room] or mine
    if not here:
        desk.note(event, say.NothingToCancel())
    elif here[0].state is State.ANSWERED and here[0].helper is None:
        desk.carry(tickets.withdrawn(here[0], desk.facts(here[0])))
    else:
        desk.carry(tickets.cancelled(here[0], desk.facts(here[0])))


def privacy(desk: Desk, event: Message, _command: Command) -> None:
    """Say what is kept, why, for how long, and who answers for it."""
    policy = desk.setting.policy
    notice = say.Privacy(
        policy.controller, policy.dpo, policy.unsolved_days, policy.solved_days, policy.help_log_months
    )
    desk.note(event, notice)


def objection(desk: Desk, event: Message, command: Command) -> None:
    """Somebody objects to being counted when they answer in a room, or takes that back."""
    peers.object_to_it(desk, event, objects=fold(command.rest) not in _BACK)


HANDLERS = {"aide": help_with, "annuler": cancel, "rgpd": privacy, "opposition": objection}
