"""The FAQ's files, as far as the bot changes them."""

from __future__ import annotations

from typing import Protocol

from helpbot.core.editing import FaqEdit, Ready, Refused, Unshared


class FaqFiles(Protocol):
    """The FAQ's files. People edit them too, at any moment; what they wrote wins."""

    async def prepare(self, edit: FaqEdit) -> Ready | Refused:
        """Make and check what a change would write, and lay it beside the file that it is to replace.

        What stands in the files as wanted already gives a `Ready` without a draft.
        """
        ...

    async def commit(self, edit: FaqEdit) -> bool:
        """Put what was prepared in its place, once, however often it is called.

        False when the file changed since: nothing was done, prepare it anew. Raises `OSError`.
        """
        ...

    async def record(self, edit: FaqEdit, message: str) -> str:
        """Keep a done change in the files' own history, where there is one. Return what went wrong."""
        ...

    async def share(self) -> Unshared | None:
        """Send the history to where others have it. Return why that did not work; None: it is all there."""
        ...
