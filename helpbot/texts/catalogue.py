"""Notices to texts: one Markdown source gives the plain body and the HTML.

Strings that may come from a person are escaped; `Markdown` fields are not. Made from other fields:
`…_quoted` (a text as a quotation), `…_list`, `…_words`, `…_line`, `…_day`, `…_time`, `…_name`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from helpbot.core import notices as say
from helpbot.core.notices.recognition import Thanks
from helpbot.core.notices.reports import MonthlyReport
from helpbot.texts import helping, journey, proposals, reports, volunteering
from helpbot.texts import recognition as family
from helpbot.texts.markup import escape, quote, to_html, to_plain

_FIELD = re.compile(r"\{(\w+)\}")
_LINE_OF_A_FIELD = re.compile(r"^\{(\w+)\}\n", re.MULTILINE)
NBSP = "\u00a0"
_OF_THE_FAQ = (
    say.FaqAnswer, say.Clarify, say.Redirected, say.RouteOffer, say.Greeting, say.GreetingDirect,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """A message's two forms."""

    body: str
    html: str


class Catalogue:
    """Every sentence in one language."""

    def __init__(self, phrases: Mapping[str, Any]) -> None:
        self._phrases = phrases
        # What the FAQ says is the same for everybody: made once. What people wrote is not kept.
        self._shared = lru_cache(maxsize=512)(self._make)

    def render(self, notice: say.Notice) -> Text:
        """Return the body and HTML of a notice."""
        return self._shared(notice) if isinstance(notice, _OF_THE_FAQ) else self._make(notice)

    def word(self, key: str, **values: str) -> str:
        """Return a phrase by its key, its placeholders filled as they are."""
        phrase: str = self._phrases[key]
        return phrase.format(**values) if values else phrase

    def markdown(self, notice: say.Notice) -> str:
        """Return the Markdown of a notice."""
        values: dict[str, str] = {}
        for field in fields(notice):
            value = getattr(notice, field.name)
            if isinstance(value, say.Markdown):
                values[field.name] = str(value).strip()
            elif isinstance(value, str):
                values[field.name] = escape(value)
            elif isinstance(value, int) and not isinstance(value, bool):
                values[field.name] = str(value)
        values.update(self._derived(notice))
        template: str = self._phrases[type(notice).__name__]
        # A line of nothing but an empty field goes: a blank one would cut a list in two.
        template = _LINE_OF_A_FIELD.sub(lambda match: match[0] if values[match[1]] else "", template)
        text = _FIELD.sub(lambda match: values[match[1]], template)
        return re.sub(r"\n{3,}", "\n\n", text).strip()

    def _make(self, notice: say.Notice) -> Text:
        markdown = self.markdown(notice)
        return Text(to_plain(markdown), to_html(markdown))

    def _derived(self, notice: say.Notice) -> dict[str, str]:
        match notice:
            case say.FaqAnswer():
                return {"source_line": self._source_line(notice)}
            case say.Clarify(options) | say.OtherAnswers(options):
                lines = (f"**{i}** {escape(o)}" for i, o in enumerate(options, 1))
                return {"options_list": "\n".join(lines)}
            case say.RouteOffer(after_no):
                return {"opening": self.word("_opening_after_no" if after_no else "_opening")}
            case say.Redirected(_, urgent, small_talk):
                return {"human_line": "" if urgent or small_talk else self.word("_not_my_question")}
            case say.Late(asked_on):
                return {"asked_day": self.day(asked_on)}
            case say.Asking(_, by) | say.AskingLater(_, by):
                return {"by_time": self.moment(by)}
            case say.Taken(_, helper, by):
                name = escape(helper) or self.word("_helper_first")
                return {"helper_name": name, "by_time": self.moment(by)}
            case say.Relayed(helper, text) | say.RelayedMore(helper, text):
                words = self.word("_helper" if isinstance(notice, say.Relayed) else "_helper_first")
                return {"helper_name": escape(helper) or words, "text_quoted": quote(text) if text else ""}
            case say.FollowUp(_, asker, text):
                name = escape(asker) or self.word("_asker_first")
                return {"asker_name": name, "text_quoted": quote(text) if text else ""}
            case say.OfferMade() | say.OfferOpen():
                first = isinstance(notice, say.OfferMade) and notice.first
                level = self.word("_level", level=escape(self.level(notice.level))) if notice.level else ""
                return {
                    "first_line": self.word("_first_notice") if first else "",
                    "asker_name": escape(notice.asker) or self.word("_asker_first"),
                    "level_words": level,
                    "question_quoted": quote(notice.question),
                    "where_words": self.word(f"_where_{notice.where}") + self._others(notice.others),
                }
            case say.OfferMine(_, question, others):
                return {"question_quoted": quote(question), "others_words": self._others(others)}
            case say.OfferAnswered(_, question):
                return {"question_quoted": quote(question)}
            case say.MaskedWords(kinds):
                return {"masked_words": ", ".join(self._phrases["_masked"][kind] for kind in kinds)}
            case say.Help(_, commands):
                return {"commands_list": self._listed(commands)}
            case say.UnknownCommand(meant):
                return {"meant_words": self.word("_meant", meant=meant) if meant else ""}
            case say.Privacy(controller, dpo):
                return {"controller_line": self._controller(controller, dpo)}
            case say.Report(lines):
                named = ((self._phrases.get(f"_report_{key}", key), value) for key, value in lines)
                listed = "\n".join(f"- {w}{NBSP}: **{escape(v)}**" for w, v in named)
                return {"lines_list": listed, "withheld_words": self.word("_report_withheld")}
            case MonthlyReport():
                return reports.monthly(self, notice)
            case Thanks():
                return family.thanks(self, notice)
            case say.FaqBroken(problems):
                return {"problems_list": "\n".join(f"- {escape(p)}" for p in problems)}
            case _:
                made = proposals.derived(notice, self.word, self.day)
                made = made or volunteering.derived(notice, self.word, self.day, self.moment)
                made = made or helping.derived(notice, self.word, self.day, self.moment)
                return made or journey.derived(notice, self)

    def _listed(self, commands: tuple[str, ...]) -> str:
        """Return commands with what each is for, under their headings."""
        parts = []
        for heading, known in self._phrases["_commands"].items():
            here = ((name, words) for name, words in known.items() if f"!{name}" in commands)
            # « !pause et une durée » reads on; « !talents : qui aide sur quoi » explains.
            lines = [f"- `!{name}`{'' if w.startswith('et ') else f'{NBSP}:'} {w}" for name, w in here]
            parts += [f"**{heading}**\n" + "\n".join(lines)] if lines else []
        return "\n\n".join(parts)

    def _source_line(self, notice: say.FaqAnswer) -> str:
        day = self.day(notice.reviewed) if notice.reviewed else ""
        named = ", ".join(f"[{escape(t)}]({u})" if u else escape(t) for t, u in notice.sources)
        reviewed = self.word("_reviewed", day=day) if day else ""
        parts = []
        if named:
            parts.append(self.word("_source", sources=named, reviewed=reviewed))
        elif day:
            parts.append(self.word("_no_source_reviewed", day=day))
        if notice.link:
            parts.append(self.word("_permalink", link=notice.link))
        if notice.credit:
            parts.append(self.word("_credit", credit=escape(notice.credit)))
        return " · ".join(parts) + (self.word("_stale") if notice.stale else "")

    def _others(self, others: int) -> str:
        return self.word("_where_others") if others else ""

    def level(self, level: str) -> str:
        """Return a school level as it is called; any other word as it is."""
        named: str = self._phrases["_levels"].get(level, level)
        return named

    def _controller(self, controller: str, dpo: str) -> str:
        if controller and dpo:
            return self.word("_controller", controller=escape(controller), dpo=escape(dpo))
        if controller:
            return self.word("_controller_only", controller=escape(controller))
        return self.word("_dpo_only", dpo=escape(dpo)) if dpo else ""

    def day(self, iso: str) -> str:
        """Return `2026-11-21…` as « 21 novembre 2026 »."""
        day = date.fromisoformat(iso[:10])
        number = "1er" if day.day == 1 else str(day.day)
        return f"{number}{NBSP}{self._phrases['_months'][day.month - 1]}{NBSP}{day.year}"

    def month(self, month: str) -> str:
        """Return `2026-11` as « novembre 2026 »."""
        return f"{self._phrases['_months'][int(month[5:]) - 1]}{NBSP}{month[:4]}"

    def moment(self, when: str) -> str:
        """Return `T10:20` as « à 10 h 20 », a whole local ISO time as « le lundi 23 novembre à 8 h »."""
        hour, minute = when[-5:].split(":")
        time = f"{int(hour)}{NBSP}h" + (f"{NBSP}{minute}" if minute != "00" else "")
        if when.startswith("T"):
            return self.word("_today", time=time)
        at = datetime.fromisoformat(when)
        number = "1er" if at.day == 1 else str(at.day)
        weekday = self._phrases["_weekdays"][at.weekday()]
        day = f"{weekday} {number}{NBSP}{self._phrases['_months'][at.month - 1]}"
        return self.word("_on_day", day=day, time=time)


def load_catalogue(language: str = "fr") -> Catalogue:
    """Return the shipped catalogue of a language. Raises `FileNotFoundError` for one we do not have."""
    file = resources.files("helpbot.texts") / f"{language}.yaml"
    return Catalogue(yaml.safe_load(file.read_text(encoding="utf-8")))
