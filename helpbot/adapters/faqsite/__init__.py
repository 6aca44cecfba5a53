"""The FAQ as a folder of static pages that open from a disk, without a server and without a third party."""

from helpbot.adapters.faqsite.pages import pages
from helpbot.adapters.faqsite.write import write_site

__all__ = ["pages", "write_site"]
