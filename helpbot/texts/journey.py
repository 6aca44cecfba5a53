"""The made-up fields of what somebody is told of what they gave (helpbot/core/notices/journey.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpbot.core.journey import Journey
from helpbot.core.notices import Notice
from helpbot.core.notices import journey as say
from helpbot.texts.markup import escape

if TYPE_CHECKING:
    from helpbot.texts.catalogue import Catalogue


def derived(notice: Notice, catalogue: Catalogue) -> dict[str, str]:
    """Return the fields that the words of these notices use beside their own; empty for any other."""
    match notice:
        case say.MyJourney(found, months):
            kept = "_journey_kept" if found.kept else "_journey_passing"
            return {
                "journey_list": lines(found, catalogue),
                "kept_words": catalogue.word(kept, months=str(months)),
            }
        case say.NoJourney(kept):
            return {"kept_words": catalogue.word("_journey_will_keep") if kept else ""}
        case _:
            return {}


def lines(found: Journey, catalogue: Catalogue) -> str:
    """Return what somebody gave as a Markdown list."""
    word = catalogue.word
    told = [word("_journey_answers" if found.answers > 1 else "_journey_answer", count=str(found.answers))]
    if found.thanks:
        told.append(word("_journey_thanks", count=str(found.thanks)))
    if found.themes:
        named = ", ".join(f"{escape(title)} ({count})" for title, count in found.themes)
        told.append(word("_journey_themes", themes=named))
    if found.levels:
        named = ", ".join(escape(catalogue.level(level)) for level in found.levels)
        told.append(word("_journey_levels", levels=named))
    if found.competences:
        told.append(word("_journey_competences", codes=", ".join(map(escape, found.competences))))
    if found.months:
        told.append(_months(found.months, catalogue))
    return "\n".join(f"- {line}" for line in told)


def _months(months: tuple[str, ...], catalogue: Catalogue) -> str:
    first, last = catalogue.month(months[0]), catalogue.month(months[-1])
    if len(months) == 1:
        return catalogue.word("_journey_month", month=first)
    return catalogue.word("_journey_months", first=first, last=last, count=str(len(months)))
