"""Read the settings for the process that asks, see `apart.py`: a pickle of them or of their problems."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path
from types import SimpleNamespace

from pydantic import BaseModel, SecretStr

from helpbot.core.problems import Problems
from helpbot.settings.apart import Secret
from helpbot.settings.reading import load_settings


def plain(value: object) -> object:
    """Return a value of the tree without the classes that check it."""
    match value:
        case BaseModel():
            return SimpleNamespace(**{name: plain(getattr(value, name)) for name in type(value).model_fields})
        case SecretStr():
            return Secret(value.get_secret_value())
        case Mapping():
            return {key: plain(item) for key, item in value.items()}
        case tuple():
            return tuple(plain(item) for item in value)
        case _:
            return value


def main() -> None:
    """Write to standard output."""
    said: tuple[object, list[tuple[object, ...]]]
    try:
        said = plain(load_settings(Path(sys.argv[1]), os.environ)), []
    except Problems as problems:
        said = None, [astuple(p) for p in problems.found]
    sys.stdout.buffer.write(pickle.dumps(said))


if __name__ == "__main__":
    main()
