"""The life of a question. Everything that changes a ticket's state is in this folder.

Each function takes the ticket, what happened and the facts, and returns a `Decision`: the ticket after it
and the effects to carry out. Nothing is looked up and nothing is done here.
"""

from helpbot.core.tickets.answering import agreed_in_answering, helper_says
from helpbot.core.tickets.asking import (
    ask,
    asker_says,
    cancelled,
    chose,
    edited,
    said_no,
    said_yes,
    set_aside,
    took_back,
    wants_human,
    withdrawn,
)
from helpbot.core.tickets.digest import told_again, waits_for_anybody
from helpbot.core.tickets.helping import claimed, due, handed_over, left, passed
from helpbot.core.tickets.moving import moved, offered_in
from helpbot.core.tickets.parts import POST, helpers_room, is_searched, without_helper
from helpbot.core.tickets.peers import found, peer_answers, peer_marked
from helpbot.core.tickets.twins import (
    join,
    joined_by_another,
    may_join,
    may_pass_on,
    may_show_again,
    not_shown_again,
    shared,
    twin_answered,
    twin_left,
    waits_for,
)
from helpbot.core.tickets.values import (
    ENDED,
    LAST_OPEN_MINUTES,
    TRANSITIONS,
    Decision,
    Facts,
    Offer,
    OfferState,
    Outcome,
    Pending,
    Plan,
    Reply,
    Shown,
    State,
    Ticket,
)

__all__ = [
    "ENDED",
    "LAST_OPEN_MINUTES",
    "POST",
    "TRANSITIONS",
    "Decision",
    "Facts",
    "Offer",
    "OfferState",
    "Outcome",
    "Pending",
    "Plan",
    "Reply",
    "Shown",
    "State",
    "Ticket",
    "agreed_in_answering",
    "ask",
    "asker_says",
    "cancelled",
    "chose",
    "claimed",
    "due",
    "edited",
    "found",
    "handed_over",
    "helper_says",
    "helpers_room",
    "is_searched",
    "join",
    "joined_by_another",
    "left",
    "may_join",
    "may_pass_on",
    "may_show_again",
    "moved",
    "not_shown_again",
    "offered_in",
    "passed",
    "peer_answers",
    "peer_marked",
    "said_no",
    "said_yes",
    "set_aside",
    "shared",
    "told_again",
    "took_back",
    "twin_answered",
    "twin_left",
    "waits_for",
    "waits_for_anybody",
    "wants_human",
    "withdrawn",
    "without_helper",
]
