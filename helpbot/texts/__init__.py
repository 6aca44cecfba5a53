"""What people read: one catalogue a language, and Markdown to safe HTML. Pure, but for shipped files."""

from helpbot.texts.catalogue import Catalogue, Text, load_catalogue
from helpbot.texts.markup import escape, to_html, to_plain

__all__ = ["Catalogue", "Text", "escape", "load_catalogue", "to_html", "to_plain"]
