"""A template and its values to one self-contained page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def rendered(template: str, *, filters: Mapping[str, Callable[..., Any]] = {}, **values: Any) -> str:
    """Return the page of a template of this folder, the style in it. Raises jinja2's errors."""
    environment = Environment(
        loader=PackageLoader("helpbot.adapters.reportpage", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters
    style = files("helpbot.adapters.reportpage").joinpath("style.css").read_text("utf-8")
    return environment.get_template(template).render(style=Markup(style), **values)  # noqa: S704 (ours)
