"""`!` commands: every example of the table, and forgiving spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpbot.core.commands import COMMANDS, Command, CommandSpec, parse


@pytest.mark.parametrize(
    ("spec", "example"), [(s, e) for s in COMMANDS for e in s.examples], ids=lambda value: str(value)[:40]
)
def test_every_example_parses(spec: CommandSpec, example: str) -> None:
    word, _, rest = example.partition(" ")
    assert parse(example) == Command(spec.name, rest)
    assert parse(f"!{spec.alias} {rest}") == Command(spec.name, rest)
    assert parse(f"  {word.upper()} {rest}") == Command(spec.name, rest)


def test_no_two_commands_share_a_word() -> None:
    words = [word for spec in COMMANDS for word in {spec.name, spec.alias}]
    assert len(words) == len(set(words))
    assert all(spec.examples for spec in COMMANDS)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("!aïde", Command("aide")),
        ("!aide : un mot de passe", Command("aide", ": un mot de passe")),
        ("!aide, vite", Command("aide", "vite")),
        ("!talent", Command("talents")),
        ("!aide\nun mot de passe", Command("aide", "un mot de passe")),
        ("!réglage écoute oui", Command("reglages", "écoute oui")),
        ("!oubliez-moi", Command("oubliezmoi")),
        ("!mes questions", Command("mesquestions")),
        ("!oubliez moi oui", Command("oubliezmoi", "oui")),
        ("!Mes_données", Command("mesdonnees")),
        ("!anuler", Command("", meant="annuler")),
        ("!annulé", Command("", meant="annuler")),
        ("!RGDP", Command("", meant="rgpd")),
        ("!bonjour", Command("")),
        ("!", None),
        ("!!!", None),
        ("! aide", None),
        ("!1", None),
        ("aide", None),
        ("", None),
    ],
)
def test_spelling_is_forgiven_but_never_acted_on_by_guess(text: str, command: Command | None) -> None:
    assert parse(text) == command


@given(st.text(max_size=100))
def test_no_text_is_too_strange(text: str) -> None:
    parse(text)
    parse(f"!{text}")
