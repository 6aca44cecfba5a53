"""Is it for me? Decided before anything is stored (rule 1 of the conversation)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote

from helpbot.core import commands, taps
from helpbot.core.ids import UserId
from helpbot.core.incoming import Message

_PILL = re.compile(r'href="(?:https://[^"]*?/#/|matrix:)([^"?/]+/?[^"?]*)', re.IGNORECASE)
_SPACES = re.compile(r"[ \t]+")
_SEPARATORS = " \t\n\u00a0,:;-–—!"


@dataclass(frozen=True, slots=True)
class Me:
    """Who the bot is in the eyes of others."""

    user: UserId
    name: str
    ignored: tuple[str, ...] = ()
    """Globs of other programs' ids."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the store knows around one message; looked up only when it may matter."""

    direct: bool = False
    """A direct message of two."""
    replies_to_me: bool = False
    follows_thread: bool = False
    """It stands in a thread of a question that the bot follows."""
    choice_pending: bool = False
    """A choice of this person waits in this room, and is not older than ten minutes."""
    edits_known: bool = False
    """It edits a message that the bot took in before."""


def mentions_me(message: Message, me: Me) -> bool:
    """Tell whether the message names the bot: `m.mentions`, a pill, its id or its display name."""
    if message.mentions is not None and me.user in message.mentions:
        return True
    if message.html and any(_pill_target(m) == me.user for m in _PILL.findall(message.html)):
        return True
    body = message.body.lower()
    return me.user.lower() in body or bool(_name_pattern(me.name).search(message.body))


def may_be_bare_choice(message: Message) -> bool:
    """Tell whether the text is one sign that could answer a pending choice."""
    return taps.is_bare(message.body)


def is_addressed(message: Message, me: Me, around: Surroundings) -> bool:
    """Tell whether the bot may read, store and answer this message."""
    if message.msgtype == "m.notice" or message.from_program or message.sender == me.user:
        return False
    if message.edits is not None:
        return around.edits_known
    return (
        around.direct
        or around.replies_to_me
        or around.follows_thread
        or (around.choice_pending and may_be_bare_choice(message))
        or commands.is_command(message.body)
        or mentions_me(message, me)
    )


def question_of(message: Message, me: Me) -> str:
    """Return the text without the bot's own name and the signs around it."""
    text = _user_pattern(me.user).sub(" ", message.body.strip())
    if me.name:
        text = _name_pattern(me.name).sub(" ", text)
    return _SPACES.sub(" ", text).strip(_SEPARATORS.replace("!", ""))


def _pill_target(link: str) -> str:
    target = unquote(link)
    return "@" + target.removeprefix("u/") if target.startswith("u/") else target


@cache
def _user_pattern(user: UserId) -> re.Pattern[str]:
    return re.compile(re.escape(user) + r"\b", re.IGNORECASE)


@cache
def _name_pattern(name: str) -> re.Pattern[str]:
    # An empty name must match nothing. « @name » at the start is how people type without a pill.
    # « Prénom Nom [Organisme] »: the brackets that Tchap puts behind go with the name.
    behind = r"(?:\s?\[[^\]\n]{1,80}\])?"
    return re.compile(rf"(?<!\w)@?{re.escape(name)}{behind}(?!\w)" if name else r"(?!)", re.IGNORECASE)
