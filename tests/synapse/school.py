"""A school on a real homeserver: its people, its rooms, and the program that a test starts among them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from helpbot.testing.stage import Stage

FAQ = """\
theme: pix
title: Pix
entries: [{id: pix-a, question: Comment entrer dans Pix ?, answer: Par l'ENT.}]
"""


@asynccontextmanager
async def school(folder: Path) -> AsyncIterator[Stage]:
    """Give an encrypted stage with a FAQ of one entry and the bot's account; nothing is shown."""
    faq = folder / "faq"
    faq.mkdir()
    (faq / "pix.yaml").write_text(FAQ)
    async with Stage(folder, faq, encrypted=True, show=_silent, progress=_silent) as stage:
        stage.bot_id = stage.synapse.user("helpbot", "exemple")
        yield stage


def _silent(_what: object) -> None:
    """Say nothing."""
