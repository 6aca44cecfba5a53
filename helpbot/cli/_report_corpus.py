"""`helpbot report --iramuteq`: the questions that are still kept, as a corpus without a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpbot.core.corpus import Corpus, CorpusText
    from helpbot.core.tickets import Ticket
    from helpbot.flow.setting import Policy
    from helpbot.settings import Settings


async def read_corpus(settings: Settings) -> Corpus:
    """Return the corpus, read beside a running bot."""
    from helpbot import bootstrap
    from helpbot.adapters.pseudonyms import load_pseudonyms
    from helpbot.core.corpus import corpus
    from helpbot.core.tickets import State

    alias = load_pseudonyms(settings.privacy.pseudonym_key_file)
    policy = bootstrap.make_policy(settings)
    store = bootstrap.open_database(settings)
    try:
        tickets = await store.run(lambda tx: tx.written_tickets())
    finally:
        await store.close()
    told = (t for t in tickets if not t.sensitive and t.state is not State.WITHDRAWN)
    return corpus(_text(t, policy, alias(t.asker)) for t in told)


def _text(ticket: Ticket, policy: Policy, asker: str) -> CorpusText:
    from helpbot.core.corpus import CorpusText
    from helpbot.core.helplog import outcome_of

    return CorpusText(
        text=ticket.text,
        asker=asker,
        month=f"{policy.calendar.local(ticket.asked_at):%Y-%m}",
        level=policy.room(ticket.room).level,
        outcome=outcome_of(ticket, policy.referents),
        theme=ticket.theme or "",
    )
