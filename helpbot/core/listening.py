"""Rooms that switched listening on: the bot speaks unasked only when it is very sure."""

from __future__ import annotations

from helpbot.core import french
from helpbot.core.incoming import Message
from helpbot.core.matching import Answer, Verdict

LISTEN_AT = 0.95
"""Certainty from which a question that was put to nobody is answered."""
LONGEST = 400
"""A longer message is a conversation, not a question."""

LEAST_STEMS = 3
"""A shorter message says too little to be sure that it is a question."""


def may_be_heard(message: Message) -> bool:
    """Tell whether a message of a listening room may be looked at: put to nobody in particular."""
    plain = message.msgtype == "m.text" and not message.mentions and message.edits is None
    alone = message.reply_to is None and message.thread is None and not message.from_program
    return plain and alone and len(message.body) <= LONGEST and len(french.stems(message.body)) >= LEAST_STEMS


def is_sure(verdict: Verdict) -> bool:
    """Tell whether a verdict is sure enough to speak unasked."""
    return isinstance(verdict, Answer) and verdict.match.score >= LISTEN_AT
