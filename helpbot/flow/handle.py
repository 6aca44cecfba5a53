"""An inbox item to its decision and everything that follows: TX 2, all or nothing.

`decide_item` runs inside the transaction; flow/conversation.py finds out what the event means there. What a
decision lacks (a name, a direct message) is fetched outside of it, and the item decided again.
"""

from __future__ import annotations

import logging
from functools import partial

from helpbot.core import notices as say
from helpbot.core.effects import Kind
from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.incoming import Message, Reaction, Redaction
from helpbot.core.records import InboxItem
from helpbot.flow.conversation import Conversation
from helpbot.flow.rooms import open_direct
from helpbot.flow.setting import DirectNeeded, NameNeeded, Setting
from helpbot.flow.understanding import VectorNeeded
from helpbot.flow.write import Writer, Written
from helpbot.ports import Clock, Homeserver, HomeserverError, Store, Tx

log = logging.getLogger("helpbot.handle")

MAX_ATTEMPTS = 5
MOST_AUTHORS = 200


async def handle(
    store: Store, homeserver: Homeserver, clock: Clock, setting: Setting, item: InboxItem
) -> Written:
    """Decide one item. On a fault of ours the item waits and is tried again, then parked."""
    while True:
        now = clock.now()
        try:
            return await store.run(partial(decide_item, setting=setting, item=item, now=now))
        except DirectNeeded as needed:
            await open_direct(store, homeserver, setting, needed.user)
        except NameNeeded as needed:
            await learn_name(homeserver, setting, needed)
        except VectorNeeded as needed:
            if setting.understanding is not None:
                await setting.understanding.learn(setting.index.faq, needed.text, now)
        except Exception:
            # One poisoned message must not stop the others: no content here, only the place.
            log.exception("a message could not be handled", extra={"attempts": item.attempts + 1})
            return await store.run(partial(_put_off, setting=setting, item=item, now=now))


async def learn_name(homeserver: Homeserver, setting: Setting, needed: NameNeeded) -> None:
    """Ask for the name that a decision needs; without one the texts say « un·e collègue »."""
    user = needed.user
    if needed.room is not None and needed.event is not None:
        await _learn_author(homeserver, setting, needed.room, needed.event)
        return
    if needed.room is not None:
        try:
            is_admin = await homeserver.administers(needed.room, user)
        except HomeserverError:
            is_admin = False
        setting.names.admins[needed.room, user] = is_admin
        return
    try:
        name = await homeserver.profile_name(user)
    except HomeserverError:
        name = ""
    # « Prénom Nom [Organisme] » on Tchap: the brackets are decoration.
    plain = name.partition("[")[0].strip()
    setting.names.full[user] = "" if "@" in plain else plain
    setting.names.known[user] = setting.names.full[user].split(" ")[0]


async def _learn_author(homeserver: Homeserver, setting: Setting, room: RoomId, event: EventId) -> None:
    authors = setting.names.authors
    try:
        author = await homeserver.author_of(room, event)
    except HomeserverError:
        author = None
    if len(authors) >= MOST_AUTHORS:
        authors.clear()
    authors[event] = author or UserId("")


def _put_off(tx: Tx, setting: Setting, item: InboxItem, now: int) -> Written:
    attempts = item.attempts + 1
    park = attempts >= MAX_ATTEMPTS
    wait = now + 2**attempts * 1000
    tx.retry_inbox(item.event.event_id, attempts=attempts, not_before=wait, park=park)
    writer = Writer(tx, setting, item.event.event_id, now)
    if park and isinstance(item.event, Message):
        writer.say(
            item.event.room,
            say.SomebodyWillLook(),
            Kind.STATUS,
            purpose="parked",
            reply_to=item.event.event_id,
        )
    writer.written.wake_at(wait)
    return writer.written


def decide_item(tx: Tx, setting: Setting, item: InboxItem, now: int) -> Written:
    """Decide what an item means and write all that follows. Runs inside one transaction."""
    desk = Conversation(tx, setting, item, now)
    if not tx.finish_inbox(item.event.event_id):
        return desk.writer.written  # it was taken up twice, and decided the first time
    if item.masked:
        desk.writer.remark(item.event.room, say.MaskedWords(item.masked))
    match item.event:
        case Redaction():
            desk.redaction(item.event)
        case Reaction():
            desk.reaction(item.event)
        case Message(edits=None):
            desk.message(item.event)
        case Message():
            desk.edit(item.event)
    unsaid = desk.writer.remark_left()
    if unsaid is not None and isinstance(item.event, Message):
        desk.tell(item.event, unsaid)
    return desk.writer.written
