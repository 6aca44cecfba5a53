"""`helpbot report --html`: what the page needs, gathered beside a running bot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from helpbot.core.problems import Problem, Problems

if TYPE_CHECKING:
    from helpbot.core.gaps import Unanswered
    from helpbot.core.overview import GapRow
    from helpbot.settings import Settings

_EXTRA = "installez l'extra : pip install 'helpbot[report]'"


async def write_report_page(settings: Settings, folder: Path) -> Path:
    """Write the page into a folder and return its file. Raise Problems with what to do."""
    try:
        from helpbot.adapters.reportpage import page, write_page
    except ModuleNotFoundError as error:
        if error.name not in {"jinja2", "markupsafe", "matplotlib"}:
            raise
        raise Problems([Problem("helpbot report --html", f"il manque {error.name}", _EXTRA)]) from None
    from helpbot import bootstrap
    from helpbot.adapters.clock import SystemClock
    from helpbot.adapters.faqfiles.load import load_faq
    from helpbot.adapters.pseudonyms import load_pseudonyms
    from helpbot.core.gaps.asked import unanswered
    from helpbot.core.overview import helper_bands, overview
    from helpbot.flow.report import read_report
    from helpbot.texts import load_catalogue

    faq = load_faq(settings.faq)
    alias = load_pseudonyms(settings.privacy.pseudonym_key_file)
    policy, now = bootstrap.make_policy(settings), SystemClock().now()
    store = bootstrap.open_database(settings)
    try:
        report, written, volunteers = await store.run(
            lambda tx: (read_report(tx, policy, now), tx.written_tickets(), tx.volunteers())
        )
    finally:
        await store.close()
    asked = unanswered(written, alias)
    months = {q.at: f"{policy.calendar.local(q.at):%Y-%m}" for q in asked}
    found = _gaps(asked, [(e.question, *e.variants) for e in faq.entries], dict(faq.titles), months)
    bands = helper_bands(v.volunteer.themes for v in volunteers)
    today = policy.calendar.local(now).date()
    return write_page(
        folder, page(overview(report, faq, bands, found, today), load_catalogue(settings.language))
    )


def _gaps(
    asked: list[Unanswered], faq: list[tuple[str, ...]], titles: dict[str, str], months: dict[int, str]
) -> tuple[GapRow, ...] | None:
    """Return what the FAQ lacks; None where scikit-learn is not installed."""
    from helpbot.core.gaps import find_gaps
    from helpbot.core.overview import gap_rows

    try:
        return gap_rows(find_gaps(asked, faq).gaps, titles, months)
    except ModuleNotFoundError as error:
        if error.name not in {"sklearn", "scipy"}:
            raise
        return None
