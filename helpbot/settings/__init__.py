"""The configuration: one YAML file and the environment, read into one frozen tree or every problem at once.

`tree.py` has the keys and defaults, `values.py` what a value may be, `source.py` and `reading.py` the way
from the file to the tree. Nothing is created or connected to here. Messages are French, for the operator.
"""

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
    "StoreSettings",
    "Volunteer",
    "WaitMinutes",
    "load_settings",
]
