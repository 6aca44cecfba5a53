"""What everybody may ask at any time: help, taking a question back, what is kept."""

from __future__ import annotations

from collections.abc import Callable

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


def cancel(desk: Desk, event: Message, command: Command) -> None:
    """Take back a question: the one that is replied to or named, else the newest, one of this room first.

    One for which somebody is looked for comes before one that the FAQ has answered.
    """
    mine = desk.tx.open_tickets(event.sender)
    sent = desk.tx.sent_message(event.reply_to) if event.reply_to else None
    ref = command.rest.strip(" .,").upper()
    meant = [t for t in mine if t.question == event.reply_to or (sent is not None and sent.ticket == t.id)]
    meant = meant or [t for t in mine if t.ref == ref]
    here = [t for t in mine if t.room == event.room] or mine
    meant = meant or [t for t in here if tickets.is_searched(t)] or here
    if not meant:
        desk.note(event, say.NothingToCancel())
    elif meant[0].state is State.ANSWERED and meant[0].helper is None:
        desk.carry(tickets.withdrawn(meant[0], desk.facts(meant[0])))
    else:
        desk.carry(tickets.cancelled(meant[0], desk.facts(meant[0])))


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


HANDLERS: dict[str, Callable[[Desk, Message, Command], None]] = {
    "aide": help_with,
    "annuler": cancel,
    "rgpd": privacy,
    "opposition": objection,
}
