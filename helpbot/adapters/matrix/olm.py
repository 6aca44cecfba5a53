"""nio's Olm machine without the rest of nio: the same code, imported alone.

`import nio.crypto` runs nio's whole package: its clients with HTTP/2 of their own, its database with peewee,
which brings psycopg where that is installed, its attachments. helpbot has its own client and its own key
store: 16 MB for nothing. Five of nio's modules, which the machine names but which we never call, are given
as stand-ins. `import nio` anywhere else still gives all of nio.
"""

from __future__ import annotations

from helpbot.core.alone import passed_over

_NEVER_CALLED = (
    "nio.crypto.async_attachments",
    "nio.crypto.attachments",
    "nio.crypto.key_export",
    "nio.responses",
    "nio.store",
)

with passed_over("nio", *_NEVER_CALLED):
    from nio.api import Api
    from nio.crypto import DeviceStore, Olm, OlmAccount, OlmDevice, OutboundGroupSession, SessionStore
    from nio.crypto.sessions import Session, derive_pickle_key

to_canonical_json = Api.to_canonical_json

__all__ = [
    "DeviceStore",
    "Olm",
    "OlmAccount",
    "OlmDevice",
    "OutboundGroupSession",
    "Session",
    "SessionStore",
    "derive_pickle_key",
    "to_canonical_json",
]
