"""The made-up fields of what is said while a question finds its helper."""

from __future__ import annotations

from collections.abc import Callable

from helpbot.core.notices import NobodyYet, Notice, digest, peers, rights, rooms, twins
from helpbot.texts.markup import escape, quote

Word = Callable[..., str]


def derived(
    notice: Notice, word: Word, day: Callable[[str], str], moment: Callable[[str], str]
) -> dict[str, str]:
    """Return the fields that the words of these notices use beside their own; empty for any other."""
    match notice:
        case peers.PeerAnswered(_, helper):
            return {"helper_name": escape(helper) or word("_helper_first")}
        case peers.PeerSolved(_, helper):
            return {"helper_words": escape(helper) or word("_helper")}
        case NobodyYet(_, until, then, next_at):
            again = word(f"_then_{then}", time=moment(next_at)) if next_at else ""
            return {"until_words": _until(until, word, day, moment), "next_line": again}
        case digest.StillNobody(_, told, next_at, until):
            return {
                "told_words": word(f"_still_{told}"),
                "next_line": " " + word("_then_referents", time=moment(next_at)) if next_at else "",
                "until_words": _until(until, word, day, moment),
            }
        case rooms.RoomCard():
            return _room(notice, word)
        case twins.SolvedBefore(text, on, _):
            return {"text_quoted": quote(text), "on_day": day(on)}
        case digest.Digest(lines):
            return {"lines_list": _lines(lines, word)}
        case digest.ForReferents(lines, thin):
            named = ", ".join(escape(title) for title in thin)
            return {
                "lines_list": _lines(lines, word),
                "thin_line": word("_thin", themes=named) if thin else "",
            }
        case digest.TakenByRef(_, question):
            return {"question_quoted": quote(question)}
        case rights.MyData(counts):
            counted = (word("_my_data_line", title=escape(title), count=str(n)) for title, n in counts)
            return {"counts_list": "\n".join(counted) or word("_my_data_none")}
        case rights.ForgetMe(direct):
            return {"leave_line": word("_forget_leave") if direct else ""}
        case rights.Forgotten(direct, credited):
            return {
                "leave_line": word("_forgotten_leave") if direct else "",
                "credit_words": word("_forgotten_credit") if credited else "",
            }
        case _:
            return {}


def _until(until: str, word: Word, day: Callable[[str], str], moment: Callable[[str], str]) -> str:
    today = "-" not in until
    return word("_open_until_today", time=moment(until)) if today else word("_open_until", day=day(until))


def _lines(lines: tuple[digest.Waiting, ...], word: Word) -> str:
    def line(waiting: digest.Waiting) -> str:
        theme = word("_waiting_theme", theme=escape(waiting.theme)) if waiting.theme else ""
        text = escape(waiting.text) if waiting.text else word("_waiting_hidden")
        return word("_waiting", ref=waiting.ref, theme=theme, text=text)

    return "\n".join(line(waiting) for waiting in lines)


def _room(card: rooms.RoomCard, word: Word) -> dict[str, str]:
    level = word(f"_level_{card.level}") if card.level in ("ecole", "college", "lycee") else card.level
    academie = word("_academie", name=card.academie) if card.academie else ""
    where = " · ".join(escape(part) for part in (level, card.school, academie) if part)
    return {
        "lead_words": word("_room_changed" if card.changed else "_room_shown"),
        "listen_words": word("_room_listens" if card.listen else "_room_deaf"),
        "threads_words": word("_room_threads" if card.threads else "_room_replies"),
        "route_words": word("_room_always" if card.always else "_room_asks"),
        "where_line": word("_room_where", where=where) if where else "",
    }
