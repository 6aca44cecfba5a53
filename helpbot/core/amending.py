"""What a referent writes under a card: « question: … », « réponse: … », « variantes: … », or a YAML block.

Forgiving in spelling, strict in effect: what is not understood is told, all at once, and nothing changes.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import yaml

from helpbot.core.drafting import host_of
from helpbot.core.faq import FaqEntry, Source

_FIELDS = {
    "question": "question", "titre": "question", "q": "question",
    "reponse": "answer", "answer": "answer", "rep": "answer", "r": "answer", "texte": "answer",
    "variantes": "variants", "variants": "variants", "formulations": "variants",
    "variante": "variant", "variant": "variant", "formulation": "variant",
    "jamais": "never", "never": "never",
    "mots-cles": "keywords", "mots cles": "keywords", "keywords": "keywords",
    "rubrique": "theme", "theme": "theme",
    "sources": "sources", "source": "sources", "lien": "sources", "liens": "sources",
    "credit": "credit", "merci a": "credit",
    "owner": "owner", "responsable": "owner",
    "relue": "reviewed", "reviewed": "reviewed",
    "a relire": "review_by", "a relire avant": "review_by", "review by": "review_by",
}  # fmt: skip
_YAML_KEYS = frozenset({"id", "question", "variants", "never", "keywords", "answer", "sources", "owner",
                        "reviewed", "review_by", "theme", "credit", "local"})  # fmt: skip
_HEAD = re.compile(r"^[ \t]*(?:[-*•][ \t]*)?\**([^\W\d_][\w' \-]{0,20}?)\**[ \u00a0]*:\**[ \u00a0]*(.*)$")
_FENCE = re.compile(r"^\s*```(?:ya?ml)?[ \t]*\n(.*?)\n?\s*```\s*$", re.DOTALL | re.IGNORECASE)
_LOOKS_YAML = re.compile(r"(?m)^(?:- id|id|answer|variants|sources|review_by):(?:\s|$)")
_LINK = re.compile(r"https?://[^\s<>\"«»]+")
_LINE_LISTS = re.compile(r"\n|;|\|")


@dataclass(frozen=True, slots=True)
class Amendment:
    """What a text wants changed; or what in it was not understood, and then nothing is wanted."""

    values: tuple[tuple[str, Any], ...] = ()
    added: tuple[str, ...] = ()
    """Phrasings to add to those that there are."""
    problems: tuple[tuple[str, str], ...] = ()
    """(what, of what): `yaml`, `unknown`, `empty`, `theme`, `date`."""

    @property
    def empty(self) -> bool:
        """Whether the text is no amendment at all."""
        return not (self.values or self.added or self.problems)

    def applied(self, entry: FaqEntry) -> FaqEntry:
        """Return an entry with what is wanted in it."""
        entry = replace(entry, **dict(self.values))
        new = (v for v in self.added if v not in entry.phrasings)
        return replace(entry, variants=(*entry.variants, *dict.fromkeys(new)))


def read_amendment(text: str, themes: tuple[str, ...]) -> Amendment:
    """Return what a referent's words want changed; an empty one when they are about something else."""
    fenced = _FENCE.match(text)
    if fenced or (_LOOKS_YAML.search(text) and not _is_labelled(text)):
        return _read_yaml(fenced[1] if fenced else text, themes)
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        head = _HEAD.match(line)
        name = _FIELDS.get(_fold(head[1])) if head else None
        if head and name:
            found.append((name, [head[2]]))
        elif found:
            found[-1][1].append(line)
        elif line.strip():
            return Amendment()  # it begins with something else: not meant for the card
    return _built([(name, "\n".join(lines).strip()) for name, lines in found], themes)


def _is_labelled(text: str) -> bool:
    """Tell whether lines begin with French labels, of which « sources » is one in YAML as well."""
    heads = (_HEAD.match(line) for line in text.splitlines() if not line.startswith((" ", "\t")))
    return any(head[1] not in _YAML_KEYS for head in heads if head and _fold(head[1]) in _FIELDS)


def _built(found: list[tuple[str, str]], themes: tuple[str, ...]) -> Amendment:
    values: dict[str, Any] = {}
    added: list[str] = []
    problems: list[tuple[str, str]] = []
    for name, text in found:
        if not text and name in ("question", "answer", "theme", "variant"):
            problems.append(("empty", name))
        elif name == "variant":
            added += _listed(text)
        else:
            _set(values, problems, name, text, themes)
    return Amendment(problems=tuple(problems)) if problems else Amendment(tuple(values.items()), tuple(added))


def _set(
    values: dict[str, Any], problems: list[tuple[str, str]], name: str, text: str, themes: tuple[str, ...]
) -> None:
    if name in ("variants", "never", "keywords"):
        values[name] = _listed(text)
    elif name == "sources":
        values[name] = tuple(_source(part) for part in text.splitlines() if part.strip(" -*•"))
    elif name == "theme":
        known = {_fold(theme): theme for theme in themes}
        if _fold(text) in known:
            values[name] = known[_fold(text)]
        else:
            problems.append(("theme", text))
    elif name in ("reviewed", "review_by"):
        day = _day(text)
        if day is None:
            problems.append(("date", text))
        else:
            values[name] = day
    elif name == "owner":
        values[name] = text or None
    else:
        values[name] = " ".join(text.split()) if name == "question" else text


def _read_yaml(text: str, themes: tuple[str, ...]) -> Amendment:
    try:
        # Nobody anchors an alias in a card: a billion laughs would be the only reason.
        if re.search(r"(?m)(^|\s)[&*]\w", text):
            return Amendment(problems=(("yaml", "&"),))
        data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  (both are safe)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        return Amendment(problems=(("yaml", str(mark.line + 1) if mark else "1"),))
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if not isinstance(data, dict):
        return Amendment(problems=(("yaml", "1"),))
    values: dict[str, Any] = {}
    problems: list[tuple[str, str]] = [("unknown", str(k)) for k in data if k not in _YAML_KEYS]
    for key, value in data.items():
        if key in _YAML_KEYS and key not in ("id", "local"):
            _yaml_value(values, problems, key, value, themes)
    return Amendment(problems=tuple(problems)) if problems else Amendment(tuple(values.items()))


def _yaml_value(
    values: dict[str, Any], problems: list[tuple[str, str]], key: str, value: Any, themes: tuple[str, ...]
) -> None:
    if key in ("variants", "never", "keywords", "sources") and isinstance(value, str):
        _set(values, problems, key, value, themes)
    elif key in ("variants", "never", "keywords"):
        texts = [str(v).strip() for v in value] if isinstance(value, list) else []
        if value is not None and (
            not isinstance(value, list) or any(isinstance(v, list | dict) for v in value)
        ):
            problems.append(("list", key))
        values[key] = tuple(t for t in texts if t)
    elif key == "sources":
        found = [_yaml_source(v) for v in value] if isinstance(value, list) else []
        if value is not None and (not isinstance(value, list) or None in found):
            problems.append(("list", key))
        values[key] = tuple(s for s in found if s)
    elif key in ("reviewed", "review_by") and isinstance(value, date):
        values[key] = value
    elif isinstance(value, list | dict):
        problems.append(("text", key))
    elif value is None or not str(value).strip():
        if key in ("question", "answer", "theme"):
            problems.append(("empty", key))
        else:
            values[key] = "" if key == "credit" else None
    else:
        _set(values, problems, key, str(value).strip(), themes)


def _yaml_source(value: Any) -> Source | None:
    if isinstance(value, dict) and value.get("title") and set(value) <= {"title", "url"}:
        return Source(str(value["title"]).strip(), str(value.get("url") or "").strip())
    return _source(value) if isinstance(value, str) and value.strip() else None


def _source(text: str) -> Source:
    """Return « Titre https://… » as a source; an address alone is called by its host."""
    link = _LINK.search(text)
    url = link[0].rstrip(".,;)]") if link else ""
    title = " ".join((text[: link.start()] + text[link.end() :] if link else text).strip(" -*•:()[]").split())
    return Source(title or host_of(url), url)


def _listed(text: str) -> tuple[str, ...]:
    """Return the items of a list: one a line, or apart by « ; » or « | », or else by commas."""
    parts = _LINE_LISTS.split(text)
    if len([p for p in parts if p.strip()]) == 1:
        parts = text.split(",")
    return tuple(dict.fromkeys(clean for part in parts if (clean := " ".join(part.strip(" -*•\t").split()))))


def _day(text: str) -> date | None:
    for pattern, order in (
        (r"(\d{4})-(\d\d?)-(\d\d?)", (0, 1, 2)),
        (r"(\d\d?)[/.](\d\d?)[/.](\d{4})", (2, 1, 0)),
    ):
        found = re.fullmatch(pattern, text.strip())
        if found:
            try:
                return date(*(int(found.groups()[i]) for i in order))
            except ValueError:
                return None
    return None


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("’", "'").replace("_", " "))
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())
