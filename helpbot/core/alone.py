"""Importing a part of a package without the rest of it.

Some packages import all that they have when any part of them is imported: thirty languages for one stemmer,
a whole Matrix client for one encryption machine. The part is the package's own code either way; what was
imported alone is known to whoever imported it, and the package is still to be had whole by everybody else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType


@contextmanager
def passed_over(package: str, *never_called: str) -> Iterator[None]:
    """Import parts of `package` without running its own code.

    `never_called` are modules that these parts name and never use: they are given as stand-ins.
    """
    if package in sys.modules:  # somebody paid for all of it already
        yield
        return
    spec = find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)
    front = ModuleType(package)
    front.__spec__, front.__path__ = spec, list(spec.submodule_search_locations)
    sys.modules[package] = front
    sys.modules.update((name, _StandIn(name)) for name in never_called)
    try:
        yield
    finally:
        for name in [n for n in sys.modules if n == package or n.startswith(f"{package}.")]:
            del sys.modules[name]


@contextmanager
def absent(package: str) -> Iterator[None]:
    """Import as if an optional package were not installed."""
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None  # type: ignore[assignment]  # what `import` takes for absent
    try:
        yield
    finally:
        del sys.modules[package]


def environment_of_ours(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which another process finds the same code as this one, wherever that was."""
    path = os.pathsep.join(p or os.curdir for p in sys.path)
    return {**environment, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}


class _StandIn(ModuleType):
    """A module that has every name, each of them a class of which nothing is an instance."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__init__": _refuse, "__module__": self.__name__})


def _refuse(self: object, *_: object, **__: object) -> None:
    raise NotImplementedError(f"{type(self).__module__} was passed over: see helpbot/core/alone.py")
