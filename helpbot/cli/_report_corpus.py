"""`helpbot report --iramuteq`: the questions that are still kept, read beside a running bot."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpbot.core.corpus import Corpus
    from helpbot.settings import Settings


async def read_corpus(settings: Settings) -> Corpus:
    """Return the corpus. Raises what `bootstrap.open_database` does."""
    from helpbot import bootstrap
    from helpbot.adapters.pseudonyms import load_pseudonyms
    from helpbot.flow.report import read_corpus as read

    alias = load_pseudonyms(settings.privacy.pseudonym_key_file)
    policy = bootstrap.make_policy(settings)
    store = bootstrap.open_database(settings)
    try:
        return await store.run(lambda tx: read(tx, policy, alias))
    finally:
        await store.close()
