"""The settings, checked in a process of its own: what checks them takes 7 MB, and nobody needs it afterwards.

What comes back has the names and values of the tree and none of its classes.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from helpbot.core.alone import environment_of_ours
from helpbot.core.problems import Problem, Problems

if TYPE_CHECKING:
    from helpbot.settings.tree import Settings


class Secret:
    """A value that is not to be shown, as the tree's are."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def get_secret_value(self) -> str:
        """Return what it hides."""
        return self._value

    def __repr__(self) -> str:
        """Show that there is something."""
        return "Secret('**********')"


class SettingsApart:
    """Settings on their way: the other process reads them while this one does something else."""

    def __init__(self, path: Path, env: Mapping[str, str]) -> None:
        self._path, self._env = path, env
        try:
            self._reader: subprocess.Popen[bytes] | None = subprocess.Popen(  # noqa: S603  (ourselves)
                [sys.executable, "-m", "helpbot.settings", str(path)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment_of_ours(env),
            )
        except OSError:
            self._reader = None

    def get(self) -> Settings:
        """Return the settings, or raise `Problems` with all that is wrong.

        They are read here where another process cannot be had.
        """
        said = b""
        if self._reader is not None:
            said, _ = self._reader.communicate()
        if self._reader is None or self._reader.returncode != 0:
            from helpbot.settings.reading import load_settings

            return load_settings(self._path, self._env)
        settings, problems = pickle.loads(said)  # noqa: S301  (our own child's word)
        if problems:
            raise Problems([Problem(*p) for p in problems])
        return cast("Settings", settings)
