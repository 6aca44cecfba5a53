"""How sentences are put together: lines that are empty, French signs."""

from __future__ import annotations

from helpbot.core.commands import COMMANDS
from helpbot.core.notices import Help, Markdown, Redirected
from helpbot.core.notices.volunteering import NotUnderstood, VolunteerCard
from helpbot.texts import load_catalogue
from helpbot.texts.markup import escape, printed, to_plain

NBSP = "\u00a0"


CARD = VolunteerCard(
    "shown", themes=("pix",), learning=(), hours="lun 8h-12h", day=2, week=4, at_once=1, level="", school="",
    academie="", shown=False, full_name=False, away_from="", away_until="", next_at="",
)  # fmt: skip


def test_an_address_in_angle_brackets_reads_as_an_address() -> None:
    assert to_plain("Voyez <https://exemple.fr/a> ou **là**.") == "Voyez https://exemple.fr/a ou là."
    assert to_plain(escape("si a <https://b> c")) == "si a <https://b> c", "typed by somebody, shown as typed"


def test_a_list_is_not_cut_by_what_is_not_told() -> None:
    told = load_catalogue().render(CARD)
    listed = told.body.partition("- ")[2].partition("Pour changer")[0]
    assert "\n\n- " not in listed
    assert told.html.count("<ul>") == 1
    assert "<li><p>" not in told.html.replace("\n", ""), "a list with blank lines is spread out on a phone"


def test_what_is_not_understood_is_told_in_printed_french() -> None:
    problem = "« matin » n'est pas un jour ; par exemple « lun-ven »"
    assert (
        printed(problem) == f"«{NBSP}matin{NBSP}» n’est pas un jour{NBSP}; par exemple «{NBSP}lun-ven{NBSP}»"
    )
    assert printed(problem) in load_catalogue().render(NotUnderstood(problem)).body


def test_help_says_what_each_command_is_for() -> None:
    names = tuple(f"!{command.name}" for command in COMMANDS)
    lines = load_catalogue().render(Help("helpbot", names)).body.splitlines()
    told = [
        line.removeprefix("- ").replace(f"{NBSP}:", "").split(" ", 1)
        for line in lines
        if line.startswith("- !")
    ]
    assert sorted(name for name, _ in told) == sorted(names), "a new command needs its words in fr.yaml"
    assert all(len(words) > 8 for _, words in told)
    few = load_catalogue().render(Help("helpbot", ("!rgpd",))).body
    assert "!bilan" not in few
    assert "Aider des collègues" not in few


def test_thanks_are_not_met_with_the_offer_of_a_colleague() -> None:
    thanks = load_catalogue().render(Redirected(Markdown("Avec plaisir !"), urgent=False, small_talk=True))
    assert thanks.body == "Avec plaisir !"
    pay = load_catalogue().render(Redirected(Markdown("Voyez votre gestionnaire."), urgent=False))
    assert "🙋" in pay.body
