"""All there is about one person, as a file."""

from __future__ import annotations

import json
from dataclasses import dataclass

from helpbot.core.ids import UserId
from helpbot.flow.setting import Setting
from helpbot.ports import Tx


@dataclass(frozen=True, slots=True)
class Document:
    """A person's data, ready to be sent."""

    name: str
    text: str
    """JSON, indented."""
    counts: tuple[tuple[str, int], ...]
    """(kind of data, how many rows) pairs."""


def document(tx: Tx, setting: Setting, user: UserId, now: int) -> Document:
    """Return every row about a person, with what each column means."""
    # Rarely asked for: the register's words are read then, and not kept.
    from helpbot.texts import mydata
    from helpbot.texts.register import Durations, load_register

    policy = setting.policy
    words = load_register(Durations(policy.unsolved_days, policy.solved_days, policy.help_log_months))
    person = setting.alias(user)
    rows = tx.holdings(user, person)
    made = policy.calendar.local(now).isoformat(timespec="seconds")
    found = mydata.document(
        words, rows, user, person, made=made, controller=policy.controller, dpo=policy.dpo
    )
    text = json.dumps(found, ensure_ascii=False, indent=1)
    return Document(words.word("file", "name"), text, mydata.counted(words, rows))
