"""What volunteers say of themselves, and when they would next be asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpbot.adapters.calendars import load_calendar
from helpbot.core.hours import OpenHours
from helpbot.core.records import Chosen
from helpbot.core.routing import Caps
from helpbot.core.volunteering import (
    Declared,
    band,
    caps_of,
    declared,
    next_ask,
    read_declaration,
    read_load,
)
from helpbot.testing.clock import MONDAY_MORNING

TITLES = (
    ("pix", "Pix, déploiement et certification"),
    ("rgpd", "RGPD et données personnelles"),
    ("image-droit-auteur", "Droit à l'image, droit d'auteur"),
    ("ent", "ENT et outils de vie scolaire"),
)
HOUR, DAY = 3_600_000, 86_400_000
OFFICE = OpenHours.parse("lun-ven 8h-18h", load_calendar("A", "Europe/Paris"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("pix rgpd", {"themes": ("pix", "rgpd")}),
        ("PIX, RGPD et Pix", {"themes": ("pix", "rgpd")}),
        ("rgdp", {"themes": ("rgpd",)}),
        ("le droit d'auteur", {"themes": ("image-droit-auteur",)}),
        ("certification", {"themes": ("pix",)}),
        ("tout sauf ent", {"themes": ("pix", "rgpd", "image-droit-auteur", "ent"), "dropped": ("ent",)}),
        ("je ne veux plus aider sur pix", {"dropped": ("pix",)}),
        ("pix-rgpd", {"themes": ("pix", "rgpd")}),
        ("je suis prof de latin et je connais l'ENT", {"themes": ("ent",), "unknown": ("latin",)}),
        ("-pix", {"dropped": ("pix",)}),
        ("seulement pix", {"themes": ("pix",), "only": True}),
        (
            "pix, j'aimerais apprendre rgpd",
            {"themes": ("pix",), "learning": ("rgpd",)},
        ),
        ("pix au lycée", {"themes": ("pix",), "level": "lycee"}),
        ("pix 1er degré", {"themes": ("pix",), "level": "ecole"}),
        ("pix académie d'Aix Marseille", {"themes": ("pix",), "academie": "Aix-Marseille", "zone": "B"}),
        ("pix academie de la reunion", {"themes": ("pix",), "academie": "La Réunion", "zone": "reunion"}),
        ("pix dijon", {"themes": ("pix",), "academie": "Dijon", "zone": "A"}),
        ("pix zone C", {"themes": ("pix",), "zone": "C"}),
        ("pix, Lycée Le Corbusier", {"themes": ("pix",), "level": "lycee", "school": "Lycée Le Corbusier"}),
        ("pix établissement : Clg du Test", {"themes": ("pix",), "school": "Clg du Test"}),
        ("avec mon nom", {"shown": True}),
        ("pix avec mon prénom", {"themes": ("pix",), "shown": True}),
        ("avec mon nom complet", {"shown": True, "full_name": True}),
        ("rgpd prénom et nom visible", {"themes": ("rgpd",), "shown": True, "full_name": True}),
        ("pix sans mon nom", {"themes": ("pix",), "shown": False}),
        ("klingon", {"unknown": ("klingon",)}),
        ("", {}),
    ],
)
def test_declarations(text: str, found: dict[str, Any]) -> None:
    assert read_declaration(text, TITLES) == Declared(**found)


def test_declaring_adds_and_takes_away() -> None:
    chosen = declared(Chosen(), read_declaration("pix, apprendre rgpd", TITLES), ("ent",))
    assert chosen.themes == ("ent", "pix")
    assert chosen.learning == ("rgpd",)
    chosen = declared(chosen, read_declaration("rgpd sans ent", TITLES), chosen.themes or ())
    assert (chosen.themes, chosen.learning) == (("pix", "rgpd"), ())
    chosen = declared(chosen, read_declaration("seulement ent lycée", TITLES), chosen.themes or ())
    assert (chosen.themes, chosen.level) == (("ent",), "lycee")


@given(st.text(max_size=80))
def test_no_declaration_is_too_strange(text: str) -> None:
    assert set(read_declaration(text, TITLES).themes) <= {theme for theme, _ in TITLES}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3/semaine", (0, 3, 0)),
        ("3 par semaine", (0, 3, 0)),
        ("trois questions par semaine maximum", (0, 3, 0)),
        ("1/jour", (1, 0, 0)),
        ("un par jour et 2 par semaine", (1, 2, 0)),
        ("1 à la fois", (0, 0, 1)),
        ("2", (0, 2, 0)),
        ("une tous les deux jours", (1, 3, 0)),
        ("dix par semaine", (0, 10, 0)),
        ("1 seule à la fois", (0, 0, 1)),
        ("3 hebdo", (0, 3, 0)),
        ("normale", (0, 0, 0)),
        ("par défaut", (0, 0, 0)),
    ],
)
def test_loads(text: str, found: tuple[int, int, int]) -> None:
    assert read_load(text) == found


@pytest.mark.parametrize(
    "text",
    ["", "beaucoup", "0/semaine", "par semaine", "zéro", "1,5 par semaine", "1 toutes les deux semaines"],
)
def test_what_is_no_load_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"dites combien|pause|compris|entier"):
        read_load(text)


def test_own_caps_only_lower() -> None:
    assert caps_of((0, 0, 0)) is None
    assert Caps(2, 4, 1).lowered(caps_of((1, 0, 0))) == Caps(1, 4, 1)
    assert Caps(2, 4, 1).lowered(caps_of((0, 50, 9))) == Caps(2, 4, 1)


@pytest.mark.parametrize(
    ("now", "away", "asks", "expected"),
    [
        (0, (0, 0), [], 0),
        (8 * HOUR + 50 * 60_000, (0, 0), [], 23 * HOUR),  # 17:50: the last open minutes ask nobody
        (10 * HOUR, (0, 0), [], 23 * HOUR),
        (0, (0, 2 * HOUR), [], 2 * HOUR),
        (0, (0, 5 * DAY), [], 6 * DAY + 23 * HOUR),  # Saturday
        (0, (0, 0), [0, 0], 23 * HOUR),
        (3 * DAY, (0, 0), [0, 0, DAY, 2 * DAY], 7 * DAY + 1),
        (4 * DAY + 9 * HOUR, (0, 0), [], 6 * DAY + 23 * HOUR),
    ],
)
def test_when_somebody_may_next_be_asked(
    now: int, away: tuple[int, int], asks: list[int], expected: int
) -> None:
    times = [MONDAY_MORNING + t for t in asks]
    gone = (MONDAY_MORNING + away[0], MONDAY_MORNING + away[1]) if any(away) else (0, 0)
    at = next_ask(OFFICE, OFFICE, gone, times, Caps(), MONDAY_MORNING + now)
    assert at - MONDAY_MORNING == expected


@pytest.mark.parametrize("typed", ["dim 9h-12h", "lun 19h-20h", "lun 8h-9h jusqu'au 1er septembre 2026"])
def test_hours_without_anything_in_common_are_never_asked_in(typed: str) -> None:
    own = OpenHours.parse(typed, OFFICE.calendar)
    assert next_ask(own, OFFICE, (0, 0), [], Caps(), MONDAY_MORNING) is None


def test_people_overseas_are_asked_by_their_own_clock() -> None:
    reunion = OpenHours.parse("lun-ven 8h-18h", load_calendar("reunion", "Indian/Reunion"))
    # 9:00 in Paris is 11:00 there; at 17:00 it is 19:00 there.
    assert next_ask(reunion, OFFICE, (0, 0), [], Caps(), MONDAY_MORNING) == MONDAY_MORNING
    late = next_ask(reunion, OFFICE, (0, 0), [], Caps(), MONDAY_MORNING + 8 * HOUR)
    assert late == MONDAY_MORNING + 23 * HOUR


def test_bands() -> None:
    assert [band(n) for n in (0, 1, 4, 5, 900)] == ["none", "few", "few", "many", "many"]
