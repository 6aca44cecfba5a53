"""Markdown to sanitised HTML and to a plain body, whoever wrote the Markdown.

HTML is what Matrix allows in `formatted_body` (client-server API, "m.room.message msgtypes"), made by
markdown-it-py without raw HTML and passed through nh3 all the same.
"""

from __future__ import annotations

import re
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

_TAGS = {
    "a", "b", "blockquote", "br", "code", "del", "em", "h3", "h4", "hr", "i", "li", "ol", "p", "pre",
    "strong", "ul",
}  # fmt: skip
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&:@])")
_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]*)\)")
_STRONG = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_EMPHASIS = re.compile(r"(?<![\w*\\])[*_](?=\S)(.+?)(?<=\S)(?<!\\)[*_](?![\w*])")
_CODE = re.compile(r"(?<!\\)`([^`\n]+)`")
_UNESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~&:@])")


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    # Not `linkify`: a teacher's text becomes no link that they did not write. Single newlines are
    # kept, as people expect in a chat.
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("strikethrough")


def escape(text: str) -> str:
    """Return a person's text so that Markdown shows it as it was typed."""
    return _SPECIAL.sub(r"\\\1", text)


def quote(text: str) -> str:
    """Return a person's text as a Markdown quotation, shown as it was typed."""
    return "\n".join("> " + escape(line) for line in text.strip().splitlines()) or "> "


def to_html(markdown: str) -> str:
    """Return safe HTML; a single paragraph loses its `<p>`, which clients would pad."""
    html = nh3.clean(
        _markdown().render(markdown),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"https", "http", "mailto"},
        link_rel=None,
    ).strip()
    if html.count("<p>") == 1 and html.startswith("<p>") and html.endswith("</p>"):
        html = html[3:-4]
    return html


def to_plain(markdown: str) -> str:
    """Return the text as it reads without formatting: links show their address after their words."""
    text = _LINK.sub(_plain_link, markdown)
    text = _STRONG.sub(r"\2", text)
    text = _CODE.sub(r"\1", _EMPHASIS.sub(r"\1", text))
    return _UNESCAPE.sub(r"\1", text).strip()


def _plain_link(match: re.Match[str]) -> str:
    words, address = match.groups()
    return address if not words or words == address else f"{words} ({address})"
