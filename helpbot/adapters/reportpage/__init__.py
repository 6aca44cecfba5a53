"""The report as one page that holds all it shows: pictures, tables, style; it opens from a disk."""

from helpbot.adapters.reportpage.page import page
from helpbot.adapters.reportpage.write import write_page

__all__ = ["page", "write_page"]
