"""The bot's database and choices for commands of the terminal, without a connection to the homeserver."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from helpbot import bootstrap
from helpbot.adapters.erasures import journal_beside
from helpbot.adapters.faqfiles.load import read_folder
from helpbot.adapters.pseudonyms import load_pseudonyms
from helpbot.core.addressing import Me
from helpbot.core.faq import Faq
from helpbot.core.ids import UserId
from helpbot.core.matching import FaqIndex
from helpbot.flow.erasure import finish
from helpbot.flow.moved import moves_done
from helpbot.flow.setting import Names, Setting
from helpbot.ports import Store, Tx
from helpbot.texts import load_catalogue

if TYPE_CHECKING:
    from helpbot.settings import Settings

T = TypeVar("T")


class NoNames(Names):
    """Nobody can be asked for a name here: the texts say « un·e collègue »."""

    def first_name(self, user: UserId) -> str:  # noqa: ARG002
        """Return none."""
        return ""

    def full_name(self, user: UserId) -> str:  # noqa: ARG002
        """Return none."""
        return ""


async def in_store(settings: Settings, work: Callable[[Tx, Setting], T], *, then_finish: bool = False) -> T:
    """Return what `work` makes of one transaction; `then_finish`: with erasures of freed pages done after it.

    Raises what `bootstrap.open_database` does.
    """
    async with opened(settings) as (store, setting):
        result = await store.run(lambda tx: work(tx, setting))
        if then_finish:
            await finish(store, journal_beside(settings.privacy.pseudonym_key_file))
        return result


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[tuple[Store, Setting]]:
    """Give the database, and what decisions need beside it; close it in the end."""
    store = bootstrap.open_database(settings)
    me = UserId(settings.matrix.user_id)
    setting = Setting(
        me=Me(me, me[1:].partition(":")[0]),
        policy=bootstrap.make_policy(settings),
        catalogue=load_catalogue(settings.language),
        index=_faq_of(settings),
        alias=load_pseudonyms(settings.privacy.pseudonym_key_file),
        names=NoNames(),
    )
    setting.policy = setting.policy.after(await store.run(moves_done))
    try:
        yield store, setting
    finally:
        await store.close()


def _faq_of(settings: Settings) -> FaqIndex:
    """Return the FAQ as it is, for answers that are shown again; nothing new is answered from it."""
    faq, _, problems = read_folder(settings.faq)
    known = FaqIndex.build(Faq())
    return known if problems else replace(known, faq=faq)
