"""What everybody may ask of their own data: to have it, to be forgotten."""

from __future__ import annotations

from helpbot.core import taps
from helpbot.core.commands import Command
from helpbot.core.effects import Kind
from helpbot.core.incoming import Message, Reaction
from helpbot.core.notices import rights as say
from helpbot.core.records import SentMessage
from helpbot.core.taps import Tap
from helpbot.flow import erasure, mydata
from helpbot.flow.desk import Desk

_FORGET = "forget/"
"""The slot of the question whether to forget somebody; their pseudonym follows."""


def my_data(desk: Desk, event: Message, _command: Command) -> None:
    """Send all there is about a person as a file, in their direct message and nowhere else."""
    direct = desk.begin_direct(event)
    if direct is None:
        return
    found = mydata.document(desk.tx, desk.setting, event.sender, desk.now)
    desk.writer.send_file(
        direct,
        found.name,
        found.text,
        mimetype="application/json",
        slot=erasure.export_slot(desk.setting.alias(event.sender)),
        caption=say.MyData(found.counts),
    )


def forget_me(desk: Desk, event: Message, command: Command) -> None:
    """Ask once whether everything is to be erased; with a yes at once do it."""
    if taps.of_text(command.rest) is Tap.YES:
        _forget(desk, event)
        return
    # Asked where it stands, with nothing personal in it: nobody need open a direct message to be forgotten.
    desk.writer.say(
        event.room,
        say.ForgetMe(desk.direct(event)),
        Kind.COMMAND,
        purpose="ForgetMe",
        reply_to=event.event_id,
        thread=event.thread,
        slot=_FORGET + desk.setting.alias(event.sender),
    )


def confirmed(desk: Desk, event: Message | Reaction, sent: SentMessage | None, tap: Tap | None) -> bool:
    """Take a tap on the question whether to forget; False when it was on something else."""
    if sent is None or sent.ticket is not None or not sent.slot.startswith(_FORGET):
        return False
    if tap is Tap.YES and sent.slot == _FORGET + desk.setting.alias(event.sender):
        _forget(desk, event)
    return True


def _forget(desk: Desk, event: Message | Reaction) -> None:
    direct = desk.direct(event)
    credited = erasure.forget(desk.tx, desk.setting, desk.writer, event.sender, desk.now)
    desk.tell(event, say.Forgotten(direct, credited), kind=Kind.COMMAND)
    erasure.leave_rooms(desk.writer)


HANDLERS = {"mesdonnees": my_data, "oubliezmoi": forget_me}
