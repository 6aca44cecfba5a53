"""The made-up fields of the notices about volunteers (helpbot/core/notices/volunteering.py)."""

from __future__ import annotations

from collections.abc import Callable

from helpbot.core.notices import Notice
from helpbot.core.notices import volunteering as say
from helpbot.texts.markup import escape, printed

Word = Callable[..., str]


def derived(
    notice: Notice, word: Word, day: Callable[[str], str], moment: Callable[[str], str]
) -> dict[str, str]:
    """Return the fields that the words of these notices use beside their own; empty for any other."""
    match notice:
        case say.VolunteerCard():
            return _card(notice, word, day, moment)
        case say.VolunteerNothing(unknown, known):
            return {"unknown_words": _unknown(unknown, word), "known_words": _listed(known)}
        case say.AwayAlready(until):
            return {"until_day": day(until)}
        case say.NotUnderstood(problem):
            return {"problem": escape(printed(problem))}
        case say.VolunteerStopped(released):
            return {"released_words": word("_released", count=str(released)) if released else ""}
        case say.Talents(lines):
            shown = (
                word("_talent", theme=escape(theme), band=word(f"_band_{band}"), names=_named(names, word))
                for theme, band, names in lines
            )
            return {"lines_list": "\n".join(shown)}
        case say.WhoKnows(_, band, names):
            return {"band_words": word(f"_band_{band}"), "names_line": _named(", ".join(names), word)}
        case say.WhoUnknown(known):
            return {"known_words": _listed(known)}
        case say.WhyMe():
            return {
                "nearness_words": word(f"_why_{notice.nearness}"),
                "theme_words": word("_why_theme", theme=escape(notice.theme)) if notice.theme else "",
                "load_words": word(
                    "_why_load",
                    asked=str(notice.asked_week),
                    offered=str(notice.offered_week),
                    month=str(max(notice.asked_month, notice.asked_week)),
                )
                if notice.nearness != "unasked"
                else "",
            }
        case say.NotHandedOver(why):
            known = ("nothing", "nobody", "which", "not_a_volunteer", "is_asker", "already_offered")
            return {"why_words": word(f"_pass_{why if why in known else 'not_now'}")}
        case say.MyQuestions(asked, helping):
            mine = [
                word("_my_question", ref=ref, day=day(on), state=word(f"_state_{state}"), text=escape(text))
                for ref, on, state, text in asked
            ]
            theirs = [word("_my_help", ref=ref, text=escape(text)) for ref, text in helping]
            return {
                "asked_list": "\n".join(mine) or word("_no_questions"),
                "helping_list": word("_helping", lines="\n".join(theirs)) if theirs else "",
            }
        case _:
            return {}


def _card(
    card: say.VolunteerCard, word: Word, day: Callable[[str], str], moment: Callable[[str], str]
) -> dict[str, str]:
    who = [
        _level(card.level, word),
        card.school,
        word("_academie", name=card.academie) if card.academie else "",
    ]
    about = " · ".join(escape(w) for w in who if w)
    return {
        "lead_words": word(f"_card_{card.lead}"),
        "themes_words": _listed(card.themes) or word("_no_theme"),
        "learning_line": word("_learning", themes=_listed(card.learning)) if card.learning else "",
        "about_line": word("_about", about=about) if about else "",
        "load_words": _load(card, word),
        "hours_words": escape(card.hours),
        "shown_words": word(_named_as(card)),
        "away_line": _away(card, word, day, moment),
        "habits_line": _habits(card, word),
        "next_words": _next(card, word, moment),
        "unknown_line": word("_unknown", words=_listed(card.unknown), known=_listed(card.known))
        if card.unknown
        else "",
    }


def _habits(card: say.VolunteerCard, word: Word) -> str:
    if card.no_habits:
        return word("_no_habits")
    if not card.in_class:
        return word("_habits_learned")
    hours: list[list[int]] = []
    for hour in card.in_class:
        if hours and hours[-1][1] == hour and hour % 24:
            hours[-1][1] = hour + 1
        else:
            hours.append([hour, hour + 1])
    days = word("_days").split()
    spans = (
        word("_in_class", day=days[start // 24], start=str(start % 24), end=str(end - start // 24 * 24))
        for start, end in hours
    )
    return word("_habits_known", hours=", ".join(spans))


def _next(card: say.VolunteerCard, word: Word, moment: Callable[[str], str]) -> str:
    if card.never:
        return word("_never_open")
    if card.busy:
        return word("_once_done", time=moment(card.next_at)) if card.next_at else word("_when_done")
    return moment(card.next_at) if card.next_at else word("_from_now")


def _named_as(card: say.VolunteerCard) -> str:
    if card.full_name:
        return "_shown_whole"
    return "_shown" if card.shown else "_not_shown"


def _load(card: say.VolunteerCard, word: Word) -> str:
    return word("_load", day=str(card.day), week=str(card.week), at_once=str(card.at_once))


def _away(
    card: say.VolunteerCard, word: Word, day: Callable[[str], str], moment: Callable[[str], str]
) -> str:
    if not card.away_until:
        return ""
    until = card.away_until
    end = word("_until_day", day=day(until)) if len(until) == 10 else word("_until_time", time=moment(until))
    start = word("_away_from", time=moment(card.away_from)) if card.away_from else word("_away_now")
    return word("_away", start=start, end=end)


def _level(level: str, word: Word) -> str:
    return word(f"_level_{level}") if level in ("ecole", "college", "lycee") else level


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(escape(w) for w in words)


def _named(names: str, word: Word) -> str:
    return word("_names", names=escape(names)) if names else ""


def _unknown(words: tuple[str, ...], word: Word) -> str:
    return word("_not_a_theme", words=_listed(words)) if words else ""
