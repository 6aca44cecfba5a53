"""A person's rights as an operator grants them from a terminal, without a connection to the homeserver.

Reading works beside a running bot. What changes questions needs it stopped: what is then left to be said or
deleted in rooms waits in the outbox, and goes out when the bot starts.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from helpbot.adapters.matrix.opening import take_folder
from helpbot.core import tickets
from helpbot.core.ids import UserId
from helpbot.core.problems import Problem, Problems
from helpbot.flow.erasure import forget
from helpbot.flow.facts import load_facts
from helpbot.flow.mydata import Document, document
from helpbot.flow.setting import Setting
from helpbot.flow.upkeep import due_rows, sweep
from helpbot.flow.write import Writer
from helpbot.offline import in_store, opened
from helpbot.ports import Clock, LoggedOut, Tx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpbot.settings import Settings

OBJECTS = "objects"


def data_of(settings: Settings, user: UserId, clock: Clock) -> Document:
    """Return all there is about a person. Raises what `bootstrap.open_database` does."""
    return asyncio.run(in_store(settings, lambda tx, setting: document(tx, setting, user, clock.now())))


def erase(settings: Settings, user: UserId, clock: Clock) -> bool:
    """Forget a person at once, as `!oubliezmoi` does. Raises `Problems` while the bot runs.

    Returns whether the freed pages are overwritten too; else the bot does it when it starts.
    """

    def work(tx: Tx, setting: Setting) -> None:
        now = clock.now()
        writer = Writer(tx, setting, f"erase/{setting.alias(user)}/{now}", now)
        forget(tx, setting, writer, user, now)
        for room in writer.written.left:
            writer.leave(room)

    with _bot_stopped(settings):
        asyncio.run(in_store(settings, work, then_finish=True))
        return asyncio.run(in_store(settings, lambda tx, _: tx.unfinished_erasures())) is None


def object_for(settings: Settings, user: UserId, clock: Clock) -> bool:
    """Say no for a person: not asked, not counted any more. Returns whether they were a volunteer.

    Raises `Problems` while the bot runs.
    """

    def work(tx: Tx, setting: Setting) -> bool:
        now = clock.now()
        tx.note_told(setting.alias(user), OBJECTS, now)
        tx.uncount(setting.alias(user))
        listed = tx.listed(user)
        if listed is None or listed.stopped:
            return False
        tx.save_listed(replace(listed, stopped=True), now)
        writer = Writer(tx, setting, f"object/{setting.alias(user)}/{now}", now)
        for ticket in tx.offered_to(user):
            facts = load_facts(tx, setting, ticket, now, people=True)
            writer.carry_out(tickets.left(ticket, user, facts))
        return True

    with _bot_stopped(settings):
        return asyncio.run(in_store(settings, work))


def correct_themes(settings: Settings, user: UserId, themes: tuple[str, ...], clock: Clock) -> bool:
    """Replace the themes that a volunteer offers. Returns False for somebody who is none."""

    def work(tx: Tx, _setting: Setting) -> bool:
        listed = tx.listed(user)
        if listed is None or listed.stopped:
            return False
        chosen = replace(listed.chosen, themes=themes)
        tx.save_listed(replace(listed, chosen=chosen), clock.now())
        return True

    return asyncio.run(in_store(settings, work))


def retention(settings: Settings, clock: Clock, *, dry: bool) -> dict[str, int]:
    """Remove what is past its time now, or only count it; returns table → rows."""

    async def work() -> dict[str, int]:
        async with opened(settings) as (store, setting):
            if dry:
                return await store.run(lambda tx: due_rows(tx, setting, clock.now()))
            return await sweep(store, clock, setting)

    return asyncio.run(work())


@contextmanager
def _bot_stopped(settings: Settings) -> Iterator[None]:
    try:
        lock = take_folder(settings.data_dir)
    except LoggedOut:
        hint = "arrêtez-le d'abord, ou demandez à la personne d'écrire la commande au bot"
        raise Problems([Problem(str(settings.data_dir), "le bot est en marche", hint)]) from None
    try:
        yield
    finally:
        os.close(lock)
