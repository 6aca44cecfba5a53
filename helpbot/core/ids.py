"""Names on the wire, and transaction ids that are the same for the same cause."""

from __future__ import annotations

import hashlib
from typing import NewType

RoomId = NewType("RoomId", str)
EventId = NewType("EventId", str)
UserId = NewType("UserId", str)
TicketId = NewType("TicketId", int)

# No 0/O, 1/I/L: a reference is read aloud in a staff room.
_REF_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def txn_id(cause: str, purpose: str) -> str:
    """Return the transaction id of what `cause` makes us send for `purpose`.

    Deterministic, so that a retry after any crash is the same request to the homeserver, which
    then answers with the same event (Matrix client-server API, "Transaction identifiers").
    """
    digest = hashlib.sha256(f"{cause}\0{purpose}".encode()).hexdigest()
    return f"hb{digest[:40]}"


def ticket_ref(question: EventId) -> str:
    """Return the short reference of a ticket, five characters that people can say."""
    number = int.from_bytes(hashlib.sha256(question.encode()).digest()[:8], "big")
    letters = []
    for _ in range(5):
        number, rest = divmod(number, len(_REF_ALPHABET))
        letters.append(_REF_ALPHABET[rest])
    return "".join(letters)


def server_of(user: UserId) -> str:
    """Return the server part of a Matrix user id, lower case; empty when there is none."""
    return user.partition(":")[2].lower()
