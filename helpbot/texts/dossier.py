"""What the operator hands to the data protection officer, made from the register and the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from helpbot.core.register import TABLES, Erased, Kept, Table
from helpbot.texts.register import Durations, RegisterWords, load_register

CRITERIA = (
    "scoring", "automated", "monitoring", "sensitive", "large", "matching", "vulnerable", "innovative",
    "barrier",
)  # fmt: skip
"""The nine of the European data protection board (WP 248 rev.01, III.B), in its order."""
YES, NO, LOOK = "yes_", "no_", "look"
ENOUGH = 2
"""So many fulfilled criteria make an impact assessment necessary as a rule (WP 248)."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What of the configuration the two papers say."""

    title: str
    homeserver: str
    controller: str = ""
    dpo: str = ""
    servers: tuple[str, ...] = ()
    listening: int = 0
    """In how many rooms the bot listens."""
    postgres: bool = False
    durations: Durations = field(default_factory=Durations)


def register_entry(choices: Choices) -> str:
    """Return the entry in the register of processing activities (GDPR, article 30) as Markdown."""
    words = load_register(choices.durations)
    said = words.word("entry")
    people = [t for t in TABLES if t.kept is not Kept.ALWAYS]
    told: str = said["page"].format(
        title=choices.title,
        homeserver=choices.homeserver,
        servers=", ".join(choices.servers),
        controller=_given(said, choices.controller, "privacy.controller"),
        dpo=_given(said, choices.dpo, "privacy.dpo"),
        purposes="; ".join(dict.fromkeys(map(words.purpose, people))).replace("; ", "\u00a0; "),
        bases=", ".join(dict.fromkeys(map(words.basis, people))),
        store=said["postgres" if choices.postgres else "sqlite"],
        rows="\n".join(_row(words, said, table) for table in people),
    )
    return told + "\n"


def _given(said: Mapping[str, str], value: str, key: str) -> str:
    return value or said["unknown"].format(key=key)


def _row(words: RegisterWords, said: Mapping[str, str], table: Table) -> str:
    exported = any(column.exported for column in table.columns)
    erased = any(column.erased is not Erased.KEPT for column in table.columns)
    return said["row"].format(
        title=words.title(table),
        name=table.name,
        purpose=words.purpose(table),
        kept=words.kept(table.kept),
        exported=said["yes_word" if exported else "no_word"],
        erased=said["yes_word" if erased else "no_word"],
    )


def answered(choices: Choices) -> dict[str, str]:
    """Return criterion → `YES`, `NO` or `LOOK`, from the configuration and from what the program does."""
    several = len(choices.servers) > 1 or any("*" in s or "?" in s for s in choices.servers)
    found = dict.fromkeys(CRITERIA, NO)
    found["vulnerable"] = YES
    found["monitoring"] = LOOK if choices.listening else NO
    found["large"] = LOOK if several else NO
    return found


def screening(choices: Choices) -> str:
    """Return the answers to the criteria, and what follows from them, as Markdown."""
    said = load_register(choices.durations).word("screening")
    found = answered(choices)
    values = {"servers": ", ".join(choices.servers), "listening": choices.listening}
    rows = [
        said["row"].format(
            title=said["criteria"][name]["title"],
            answer=said["answers"][answer],
            why=said["criteria"][name][answer].format(**values),
        )
        for name, answer in found.items()
    ]
    yes, look = (list(found.values()).count(answer) for answer in (YES, LOOK))
    verdict = "needed" if yes >= ENOUGH else "maybe" if yes + look >= ENOUGH else "unneeded"
    conclusion = said["done"].format(yes=yes, look=look, verdict=said["verdicts"][verdict])
    dpo = _given(load_register().word("entry"), choices.dpo, "privacy.dpo")
    page: str = said["page"].format(rows="\n".join(rows), conclusion=conclusion, dpo=dpo)
    return page + "\n"
