"""From file and environment to the tree: what pydantic finds wrong is said in French, each with its place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from helpbot.core.problems import Problems
from helpbot.settings.hints import did_you_mean
from helpbot.settings.source import At, kind_at, read
from helpbot.settings.tree import Settings

_TEXT = ("attendu : du texte", "mettez la valeur entre guillemets")
_WHOLE = ("attendu : un nombre entier", "")
_NUMBER = ("attendu : un nombre", "")
_TRUTH = ("attendu : true ou false", "")
_LIST = ("attendu : une liste", "par exemple [a, b]")
_KEYS = ("attendu : des lignes « clé: valeur »", "voyez config.yaml.example")
_DATE = ("attendu : une date", "par exemple 2026-12-19")
_SAYS = {
    "string_type": _TEXT,
    "path_type": _TEXT,
    "string_too_short": ("valeur vide", "écrivez null si rien n'est à dire"),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "tuple_type": _LIST,
    "too_short": ("la liste est vide", "donnez au moins une valeur"),
    "mapping_type": _KEYS,
    "dict_type": _KEYS,
    "model_type": _KEYS,
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "greater_than": ("{input} est trop petit", "au-dessus de {gt}"),
    "greater_than_equal": ("{input} est trop petit", "au moins {ge}"),
    "less_than_equal": ("{input} est trop grand", "au plus {le}"),
    "literal_error": ("« {input} » n'est pas une valeur possible", "au choix : {expected}"),
}


def load_settings(path: Path, env: Mapping[str, str]) -> Settings:
    """Return the settings of a file and an environment, or raise `Problems` with all that is wrong."""
    source = read(path, env, Settings)
    settings = None
    try:
        settings = Settings.model_validate(source.tree, context=path.parent.absolute())
    except ValidationError as error:
        # Nothing could be read at all: that its keys are missing too is no news.
        details = [] if source.found and not source.tree else error.errors(include_url=False)
        for detail in details:
            at, what, hint = _say(detail["loc"], detail)
            if at not in source.unreadable:
                source.problem(at, what, hint)
    if settings is None or source.found:
        raise Problems(source.problems())
    return settings


def _say(at: At, detail: Any) -> tuple[At, str, str]:
    """Return where a pydantic error stands, what it means and what to do."""
    kind, context, key = detail["type"], detail.get("ctx", {}), _dotted(at)
    if kind == "wrong":
        at = _walk(at, context["at"])
        return at, _of(_dotted(at), context["what"]), context["hint"]
    if kind == "missing":
        return at, f"la clé {key} manque", "voyez config.yaml.example"
    if kind == "extra_forbidden":
        model = kind_at(Settings, at[:-1])
        known = [f.alias or n for n, f in model.model_fields.items()] if _is_model(model) else []
        hint = did_you_mean(str(at[-1]), known) or f"clés possibles : {', '.join(known)}"
        return at, f"clé inconnue {key}", hint
    what, hint = _SAYS.get(kind, (detail["msg"], ""))
    words = {**context, "input": detail["input"]}
    return at, _of(key, what.format(**words)), hint.format(**words).replace(" or ", " ou ")


def _of(key: str, what: str) -> str:
    return f"{key} : {what}" if key else what


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _walk(at: At, steps: tuple[str, ...]) -> At:
    for step in steps:
        at = at[:-1] if step == ".." else (*at, int(step) if step.isdecimal() else step)
    return at


def _dotted(at: At) -> str:
    """A path as people write it: volunteers[0].user."""
    text = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in at if s != "[key]")
    return text.removeprefix(".")
