"""A template and its values to one self-contained page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from helpbot.texts.templates import templates


def rendered(template: str, *, filters: Mapping[str, Callable[..., Any]] = {}, **values: Any) -> str:
    """Return the page of a template of this folder, the style in it. Raises jinja2's errors."""
    environment = templates("helpbot.adapters.reportpage")
    environment.filters |= filters
    style = files("helpbot.adapters.reportpage").joinpath("style.css").read_text("utf-8")
    return environment.get_template(template).render(style=Markup(style), **values)  # noqa: S704 (ours)
