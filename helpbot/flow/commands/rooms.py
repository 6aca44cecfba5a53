"""How the bot behaves in a room, chosen by its administrators in the room itself."""

from __future__ import annotations

from helpbot.core.commands import Command
from helpbot.core.incoming import Message
from helpbot.core.notices.rooms import RoomCard, RoomNotYours, RoomOnly
from helpbot.core.notices.volunteering import NotUnderstood
from helpbot.core.roomchoices import read_choices
from helpbot.flow.desk import Desk
from helpbot.flow.setting import NameNeeded


def room_settings(desk: Desk, event: Message, command: Command) -> None:
    """Show the settings of a room, or change them for one of its administrators."""
    if desk.direct(event):
        desk.note(event, RoomOnly())
        return
    if not command.rest:
        desk.note(event, _card(desk, event, changed=False))
        return
    try:
        chosen = read_choices(command.rest)
    except ValueError as error:
        desk.note(event, NotUnderstood(str(error)))
        return
    admins = desk.setting.names.admins
    if (event.room, event.sender) not in admins:
        raise NameNeeded(event.sender, event.room)
    # Asked anew each time: who administers a room changes.
    if not admins.pop((event.room, event.sender)):
        desk.note(event, RoomNotYours())
        return
    before = desk.setting.policy.chosen.get(event.room, {})
    desk.tx.save_room_choices(event.room, {**before, **chosen})
    desk.setting.policy.chosen[event.room] = {**before, **chosen}
    desk.note(event, _card(desk, event, changed=True))


def _card(desk: Desk, event: Message, *, changed: bool) -> RoomCard:
    room = desk.setting.policy.room(event.room)
    return RoomCard(
        changed, room.listen, room.threads, room.route_always, room.level, room.school, room.academie
    )


HANDLERS = {"reglages": room_settings}
