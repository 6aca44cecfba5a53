"""The FAQ to HTML pages, as texts: one list with its search inside, one page an entry, which needs no script.

Each page holds its own style, and a policy that allows this style and this script by their hashes and nothing
else (CSP level 3, "hash-source"). An entry's `owner` stays in the files.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from urllib.parse import quote

from markupsafe import Markup

from helpbot.core.faq import Faq, FaqEntry, Redirect, Source
from helpbot.core.french import abbreviations, content_words, stems_told, stopwords
from helpbot.texts import to_html
from helpbot.texts.templates import templates


@dataclass(frozen=True, slots=True)
class _Page:
    path: str
    href: str
    title: str
    theme: str
    answer: Markup
    phrasings: tuple[str, ...]
    urgent: bool = False
    sources: tuple[Source, ...] = ()
    credit: str = ""
    reviewed: str = ""
    review_by: str = ""
    stale: bool = False
    archived: str = ""


def pages(faq: Faq, today: date) -> dict[str, str]:
    """Return the site: the path of each page within its folder, and its HTML."""
    entries = [_entry(e, faq, today) for e in faq.entries]
    redirects = [_redirect(r) for r in faq.redirects if not r.small_talk]
    archived = [_entry(e, faq, today) for e in faq.archived]
    environment = templates("helpbot.adapters.faqsite")
    style, script = _asset("style.css"), _asset("search.js")
    shared = {"style": Markup(style), "style_hash": _hash(style), "day": _day(today)}  # noqa: S704 (ours)
    themes = [(t, [e for e in entries if e.theme == t]) for t in dict.fromkeys(e.theme for e in entries)]
    index = environment.get_template("index.html").render(
        shared,
        script=Markup(script),  # noqa: S704 (ours)
        script_hash=_hash(script),
        data=Markup(_search_data([*entries, *redirects])),  # noqa: S704 (escaped there)
        urgent=[r for r in redirects if r.urgent],
        themes=themes,
        count=len(entries),
    )
    template = environment.get_template("page.html")
    return {"index.html": index} | {
        page.path: template.render(shared, page=page) for page in (*entries, *redirects, *archived)
    }


def _entry(entry: FaqEntry, faq: Faq, today: date) -> _Page:
    return _Page(
        *_address(entry.id),
        title=entry.question,
        theme=faq.theme_title(entry.theme),
        answer=_html(entry.answer_here),
        phrasings=(*entry.phrasings, " ".join(entry.keywords)),
        sources=tuple(
            s if s.url.startswith(("https://", "http://")) else Source(s.title) for s in entry.sources
        ),
        credit=entry.credit,
        reviewed=_day(entry.reviewed),
        review_by=_day(entry.review_by),
        stale=entry.review_by is not None and entry.review_by < today,
        archived=_day(entry.archived),
    )


def _redirect(redirect: Redirect) -> _Page:
    return _Page(
        *_address(redirect.id),
        title=redirect.id.replace("-", " ").capitalize(),
        theme="Vers qui se tourner",
        answer=_html(redirect.answer),
        phrasings=redirect.when,
        urgent=redirect.urgent,
    )


def _address(known: str) -> tuple[str, str]:
    """Return the path of a page and the link to it, whatever stands in an id."""
    path = f"fiches/{quote(known, safe='')}.html"
    return path, quote(path)


def _html(markdown: str) -> Markup:
    return Markup(to_html(markdown))  # noqa: S704 (sanitised there)


def _search_data(found: list[_Page]) -> str:
    rows = [
        {
            "href": page.href,
            "title": page.title,
            "theme": page.theme,
            "urgent": page.urgent,
            "phrasings": list(_folded(page.phrasings)),
            "answer": sorted(stems_told(page.answer.striptags())),
        }
        for page in found
    ]
    lists = {"abbreviations": abbreviations(), "stopwords": sorted(stopwords()), "pages": rows}
    # No tag can end the script element from inside a text.
    return json.dumps(lists, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _folded(phrasings: tuple[str, ...]) -> Iterator[str]:
    yield from dict.fromkeys(" ".join(content_words(text)) for text in phrasings if text)


def _asset(name: str) -> str:
    return files("helpbot.adapters.faqsite").joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""
