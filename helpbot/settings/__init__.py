"""The configuration: one YAML file and the environment, read into one frozen tree or every problem at once.

`tree.py` has the keys and defaults, `values.py` what a value may be, `source.py` and `reading.py` the way
from the file to the tree, `apart.py` the same in a process of its own. Nothing is created or connected to
here. Messages are French, for the operator.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpbot.settings.apart import SettingsApart
    from helpbot.settings.reading import load_settings
    from helpbot.settings.tree import (
        Answering,
        Caps,
        Matrix,
        Metrics,
        Privacy,
        Rooms,
        RoomSettings,
        Routing,
        SchoolBreak,
        Settings,
        StoreSettings,
        Volunteer,
        WaitMinutes,
    )

__all__ = [
    "Answering",
    "Caps",
    "Matrix",
    "Metrics",
    "Privacy",
    "RoomSettings",
    "Rooms",
    "Routing",
    "SchoolBreak",
    "Settings",
    "SettingsApart",
    "StoreSettings",
    "Volunteer",
    "WaitMinutes",
    "load_settings",
]

_HOMES = {"SettingsApart": "apart", "load_settings": "reading"}


def __getattr__(name: str) -> Any:
    """Import on first use: whoever has settings without checking them does not pay for the checking."""
    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'tree')}"), name)
