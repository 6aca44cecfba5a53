"""Markdown to sanitised HTML and to a plain body, whoever wrote the Markdown.

HTML is what Matrix allows in `formatted_body` (client-server API, "m.room.message msgtypes"), made by
markdown-it-py without raw HTML and passed through nh3 all the same.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import accumulate

import nh3
from markdown_it import MarkdownIt

_TAGS = {
    "a", "b", "blockquote", "br", "code", "del", "em", "h3", "h4", "hr", "i", "li", "ol", "p", "pre",
    "strong", "ul",
}  # fmt: skip
LONGEST_QUOTE = 9_000
"""Bytes of one quoted text, as `_weight` counts them."""
_HEAVIEST = 12
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&:@])")
_BEFORE_SIGN = re.compile(r" (?=[:;?!»])")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^\s<>]+)>")
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
    """Return a person's text as a Markdown quotation, shown as it was typed; a very long one is cut."""
    return "\n".join("> " + escape(line) for line in shortened(text.strip()).splitlines()) or "> "


def shortened(text: str) -> str:
    """Return a text that a message can carry, cut at a word with « […] » behind where it is longer.

    An event may have 65,536 bytes (client-server API, "Size limits"), encryption adds a third, and an edit
    holds a text four times: plain and HTML, for old clients and for new ones.
    """
    if len(text) * _HEAVIEST <= LONGEST_QUOTE:
        return text
    weights = accumulate(_weight(char) for char in text)
    room = next((at for at, weight in enumerate(weights) if weight > LONGEST_QUOTE), None)
    if room is None:
        return text
    kept = text[:room]
    return (kept.rsplit(None, 1)[0] if " " in kept[-80:] else kept).rstrip() + " […]"


def printed(text: str) -> str:
    """Return French as it is printed: ’ in words, no line's end before : ; ? ! » nor behind «."""
    return _BEFORE_SIGN.sub("\u00a0", text.replace("« ", "«\u00a0")).replace("'", "’")


def _weight(char: str) -> int:
    """Return how many bytes a character takes in JSON and HTML, at most."""
    if char.isascii():
        return 1 if char.isalnum() or char == " " else 6
    return 6 if char <= "\uffff" else _HEAVIEST


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
    text = _AUTOLINK.sub(r"\1", _LINK.sub(_plain_link, markdown))
    text = _STRONG.sub(r"\2", text)
    text = _CODE.sub(r"\1", _EMPHASIS.sub(r"\1", text))
    return _UNESCAPE.sub(r"\1", text).strip()


def _plain_link(match: re.Match[str]) -> str:
    words, address = match.groups()
    return address if not words or words == address else f"{words} ({address})"
