"""Raw timeline events to our own words. Pure, and hostile input is the normal case.

Everything in an event was typed by a stranger, and what comes out of an encrypted one was never
looked at by a server either: wrong types, lone surrogates and megabytes are all possible.
`parse` raises `Malformed` and nothing else; `translate` gives None for that too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.incoming import Echo, Message, Reaction, Redaction, Sealed, Spoken, TimelineItem
from helpbot.core.peers import FILE_TYPES
from helpbot.core.readback import about, about_redaction

MEGOLM = "m.megolm.v1.aes-sha2"
MAX_TEXT = 65_536
"""What an event may weigh on the wire; a longer body came out of a trick, and is cut."""

_MAX_ID = 255
_MAX_MENTIONS = 100
_MAX_FILE = 8_000
_INFO = frozenset({"mimetype", "size", "w", "h", "duration"})
_OURS = frozenset({"m.room.message", "m.room.encrypted", "m.reaction", "m.room.redaction"})

Event = Mapping[str, Any]


class Malformed(ValueError):
    """Not an event as the specification has it. `str()` says what is wrong, without content."""


def translate(event: object, room: RoomId, me: UserId, *, encrypted: bool = False) -> TimelineItem | None:
    """Return what `event` says, or None when it is nothing of interest or malformed."""
    try:
        return parse(event, room, me, encrypted=encrypted)
    except Malformed:
        return None


def parse(event: object, room: RoomId, me: UserId, *, encrypted: bool = False) -> TimelineItem | None:
    """Return what `event` says, None when it is nothing of interest; raise `Malformed`."""
    if not isinstance(event, Mapping):
        raise Malformed("not an object")
    kind = event.get("type")
    if not isinstance(kind, str) or kind not in _OURS or "state_key" in event:
        return None
    sender = UserId(_id(event.get("sender"), "sender"))
    event_id = EventId(_id(event.get("event_id"), "event_id"))
    unsigned = event.get("unsigned")
    unsigned = unsigned if isinstance(unsigned, Mapping) else {}
    if sender == me:
        txn = unsigned.get("transaction_id")
        return Echo(event_id, room, txn) if isinstance(txn, str) else None
    at = event.get("origin_server_ts")
    if not isinstance(at, int) or isinstance(at, bool) or not 0 <= at < 2**53:
        raise Malformed("origin_server_ts")
    content = event.get("content")
    if not isinstance(content, Mapping):
        raise Malformed("content")
    if kind == "m.room.redaction":
        target = _id(content.get("redacts") or event.get("redacts"), "redacts")
        return None if encrypted else Redaction(event_id, room, sender, at, EventId(target))
    if not content or "redacted_because" in unsigned:
        return None
    if kind == "m.reaction":
        relation = _relation(content)
        if relation.get("rel_type") != "m.annotation":
            raise Malformed("m.relates_to")
        target, key = _id(relation.get("event_id"), "target"), _text(relation.get("key"), "key")
        return Reaction(event_id, room, sender, at, EventId(target), key[:_MAX_ID])
    if kind == "m.room.encrypted":
        return _sealed(content, event_id, room, sender, at)
    return _message(content, event_id, room, sender, at, encrypted=encrypted)


def own_words(event: Event, room: RoomId) -> Spoken | None:
    """Return an event of our own, decrypted where possible, as what we said; None for anything else."""
    kind, content = event.get("type"), event.get("content")
    event_id, at = _maybe_id(event.get("event_id")), event.get("origin_server_ts")
    if not isinstance(content, Mapping) or event_id is None or not isinstance(at, int):
        return None
    if kind == "m.room.redaction":
        target = _maybe_id(content.get("redacts") or event.get("redacts"))
        return None if target is None else Spoken(event_id, room, at, about_redaction(target), readable=True)
    if not content:
        return None  # redacted: nothing is left of what it was
    meta = content.get("fr.helpbot")
    meta = meta if isinstance(meta, Mapping) else {}
    answered = _relation(content).get("m.in_reply_to")
    return Spoken(
        event_id,
        room,
        at,
        about(content),
        readable=kind != "m.room.encrypted",
        kind=str(meta.get("kind") or ""),
        ticket=str(meta.get("ticket") or ""),
        answers=_maybe_id(answered.get("event_id")) if isinstance(answered, Mapping) else None,
    )


def _sealed(content: Event, event_id: EventId, room: RoomId, sender: UserId, at: int) -> Sealed:
    if content.get("algorithm") != MEGOLM or not isinstance(content.get("ciphertext"), str):
        raise Malformed("algorithm")
    session = _id(content.get("session_id"), "session_id")
    kept = {
        "type": "m.room.encrypted",
        "event_id": event_id,
        "sender": sender,
        "origin_server_ts": at,
        "content": content,
    }
    try:
        raw = json.dumps(kept, separators=(",", ":"))
    except RecursionError:
        raise Malformed("content") from None
    return Sealed(event_id, room, sender, at, session, raw)


def _message(
    content: Event, event_id: EventId, room: RoomId, sender: UserId, at: int, *, encrypted: bool
) -> Message:
    relation = _relation(content)
    rel_type = relation.get("rel_type")
    target = _maybe_id(relation.get("event_id"))
    answered = relation.get("m.in_reply_to")
    reply_to = _maybe_id(answered.get("event_id")) if isinstance(answered, Mapping) else None
    is_reply = reply_to is not None
    thread = target if rel_type == "m.thread" else None
    if thread is not None and relation.get("is_falling_back") is True:
        reply_to = None
    edits = target if rel_type == "m.replace" else None
    said = content
    new = content.get("m.new_content")
    if edits is not None and isinstance(new, Mapping):
        said = new
    body = _text(said.get("body"), "body")
    if edits is not None and said is content:
        body = body.removeprefix("* ")
    html = said.get("formatted_body")
    html = _text(html, "formatted_body") if isinstance(html, str) else ""
    if is_reply:
        body, html = _without_quote(body), _without_html_quote(html)
    msgtype = _text(said.get("msgtype"), "msgtype")[:_MAX_ID]
    file = _file(said, msgtype, body) if msgtype in FILE_TYPES else None
    if file is not None and file["filename"] == body:
        body, html = "", ""  # no caption
    return Message(
        event_id,
        room,
        sender,
        at,
        body,
        html=html,
        msgtype=msgtype,
        file=file,
        mentions=_mentions(said if "m.mentions" in said else content),
        reply_to=reply_to,
        thread=thread,
        edits=edits,
        from_program=isinstance(content.get("fr.helpbot"), Mapping)
        or isinstance(said.get("fr.helpbot"), Mapping),
        encrypted=encrypted,
    )


def _file(said: Event, msgtype: str, body: str) -> dict[str, Any] | None:
    """Return what makes a message a file, in known fields only; None where it leads to no file."""
    filename = said.get("filename")
    kept: dict[str, Any] = {
        "msgtype": msgtype,
        "filename": (_text(filename, "filename") if isinstance(filename, str) else body)[:_MAX_ID],
    }
    if _is_sealed_file(said.get("file")):
        kept["file"] = said["file"]
    elif _is_address(said.get("url")):
        kept["url"] = said["url"]
    else:
        return None
    info = said.get("info")
    if isinstance(info, Mapping):
        kept["info"] = _file_info(info)
    try:
        small = len(json.dumps(kept)) <= _MAX_FILE
    except (RecursionError, TypeError, ValueError):
        small = False
    return kept if small else None


def _file_info(info: Event) -> dict[str, Any]:
    kept: dict[str, Any] = {k: v for k, v in info.items() if k in _INFO and isinstance(v, str | int)}
    if isinstance(info.get("thumbnail_info"), Mapping):
        small = info["thumbnail_info"].items()
        kept["thumbnail_info"] = {k: v for k, v in small if k in _INFO and isinstance(v, str | int)}
    if _is_sealed_file(info.get("thumbnail_file")):
        kept["thumbnail_file"] = info["thumbnail_file"]
    elif _is_address(info.get("thumbnail_url")):
        kept["thumbnail_url"] = info["thumbnail_url"]
    return kept


def _is_address(value: object) -> bool:
    return isinstance(value, str) and value.startswith("mxc://") and len(value) <= _MAX_ID


def _is_sealed_file(value: object) -> bool:
    if not isinstance(value, Mapping) or not _is_address(value.get("url")):
        return False
    key = value.get("key")
    whole = isinstance(key, Mapping) and isinstance(key.get("k"), str)
    return whole and isinstance(value.get("iv"), str) and isinstance(value.get("hashes"), Mapping)


def _relation(content: Event) -> Event:
    relation = content.get("m.relates_to")
    return relation if isinstance(relation, Mapping) else {}


def _mentions(content: Event) -> tuple[UserId, ...] | None:
    if "m.mentions" not in content:
        return None
    mentions = content["m.mentions"]
    users = mentions.get("user_ids") if isinstance(mentions, Mapping) else None
    if not isinstance(users, list):
        return ()
    found = (_maybe_id(user) for user in users[:_MAX_MENTIONS])
    return tuple(dict.fromkeys(UserId(user) for user in found if user is not None))


def _without_quote(body: str) -> str:
    """Cut the quoted message that older clients put before a reply: `> <@who:where> …`."""
    if not body.startswith(("> <", "> * <")):
        return body
    lines = body.split("\n")
    count = next((i for i, line in enumerate(lines) if not line.startswith(">")), len(lines))
    return "\n".join(lines[count:]).lstrip("\n")


def _without_html_quote(html: str) -> str:
    if not html.startswith("<mx-reply>"):
        return html
    _, end, rest = html.partition("</mx-reply>")
    return rest if end else html


def _text(value: object, what: str) -> str:
    """Return a text that any database and any encoder takes, of bounded length."""
    if not isinstance(value, str):
        raise Malformed(what)
    value = value[:MAX_TEXT]
    if "\0" in value:
        value = value.replace("\0", "")
    try:
        value.encode()
    except UnicodeEncodeError:
        value = value.encode("utf-8", "replace").decode()
    return value


def _maybe_id(value: object) -> EventId | None:
    try:
        return EventId(_id(value, "id"))
    except Malformed:
        return None


def _id(value: object, what: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_ID or "\0" in value:
        raise Malformed(what)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Malformed(what) from None
    return value
