"""The seams to the world, as Protocols. Adapters and their test doubles fulfil them."""

from __future__ import annotations

from helpbot.ports.clock import Clock
from helpbot.ports.homeserver import Homeserver, HomeserverError, LoggedOut, RateLimited, Refused, Unreachable
from helpbot.ports.rights import ErasureJournal
from helpbot.ports.store import Store, Tx

__all__ = [
    "Clock",
    "ErasureJournal",
    "Homeserver",
    "HomeserverError",
    "LoggedOut",
    "RateLimited",
    "Refused",
    "Store",
    "Tx",
    "Unreachable",
]
