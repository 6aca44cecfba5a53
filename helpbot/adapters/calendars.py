"""School calendars: the dated file that ships with the bot, and what the operator says beside it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from helpbot.core.hours import Break, Calendar

_AS = {"alsace-moselle": "B"}
"""Zones whose school holidays are those of another."""


def load_calendar(
    zone: str | None, timezone: str, given: Mapping[str, tuple[Break, ...]] | None = None
) -> Calendar:
    """Return the calendar of a zone. Dates `given` for a zone replace those that ship.

    A zone without dates has only public holidays, and `Calendar.knows` says so.
    """
    where = ZoneInfo(timezone)
    if zone is None:
        return Calendar(where)
    if own := (given or {}).get(zone):
        return Calendar(where, zone, own, (min(b.first for b in own), max(b.back for b in own)))
    text = files("helpbot.data").joinpath("school_holidays.yaml").read_text("utf-8")
    shipped: dict[str, Any] = yaml.safe_load(text)
    dated = _AS.get(zone, zone)
    breaks = tuple(Break(b["name"], b["from"], b["back"]) for b in shipped["breaks"] if dated in b["zones"])
    covers = (shipped["covers"]["from"], shipped["covers"]["until"]) if breaks else None
    return Calendar(where, zone, breaks, covers)
