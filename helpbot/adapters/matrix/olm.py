"""nio's Olm machine without the rest of nio: the same code, imported alone.

`import nio.crypto` runs nio's whole package: its clients with HTTP/2 of their own, its database with peewee,
which brings psycopg where that is installed, its attachments. helpbot has its own client and its own key
store: 16 MB for nothing. So nio's package itself is passed over here, and five of its modules, which the
machine names but which we never call, are given as empty stand-ins while it is imported. What was imported
that way is known to this module only: `import nio` anywhere else still gives all of nio.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

_NEVER_CALLED = (
    "nio.crypto.async_attachments",
    "nio.crypto.attachments",
    "nio.crypto.key_export",
    "nio.responses",
    "nio.store",
)


class _StandIn(ModuleType):
    """A module that has every name, each of them a class of which nothing is an instance."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__init__": _refuse, "__module__": self.__name__})


def _refuse(*_: object, **__: object) -> None:
    raise NotImplementedError("this part of nio is not imported: see helpbot/adapters/matrix/olm.py")


def _passed_over(package: str) -> ModuleType:
    """Give a package whose modules can be imported and whose own code does not run."""
    spec = find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        raise ImportError(f"{package} is not installed")
    module = ModuleType(package)
    module.__spec__, module.__path__ = spec, list(spec.submodule_search_locations)
    return module


def _loaded() -> list[str]:
    return [name for name in sys.modules if name == "nio" or name.startswith("nio.")]


def _import_alone() -> tuple[ModuleType, ModuleType, ModuleType]:
    names = ("nio.crypto", "nio.crypto.sessions", "nio.api")
    if _loaded():  # somebody paid for all of it already
        crypto, sessions, api = map(import_module, names)
        return crypto, sessions, api
    sys.modules["nio"] = _passed_over("nio")
    sys.modules.update((name, _StandIn(name)) for name in _NEVER_CALLED)
    try:
        crypto, sessions, api = map(import_module, names)
    finally:
        for name in _loaded():
            del sys.modules[name]
    return crypto, sessions, api


if TYPE_CHECKING:
    from nio.api import Api
    from nio.crypto import DeviceStore, Olm, OlmAccount, OlmDevice, OutboundGroupSession, SessionStore
    from nio.crypto.sessions import Session, derive_pickle_key
else:
    _crypto, _sessions, _api = _import_alone()
    Api = _api.Api
    DeviceStore, SessionStore = _crypto.DeviceStore, _crypto.SessionStore
    Olm, OlmAccount, OlmDevice = _crypto.Olm, _crypto.OlmAccount, _crypto.OlmDevice
    OutboundGroupSession = _crypto.OutboundGroupSession
    Session, derive_pickle_key = _sessions.Session, _sessions.derive_pickle_key

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
