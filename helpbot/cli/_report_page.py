"""`helpbot report --html`: what the page needs, gathered beside a running bot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from helpbot.core.problems import Problem, Problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpbot.core.gaps import Unanswered
    from helpbot.core.gaps.shown import Missing
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
    from helpbot.core.overview import helper_bands, overview
    from helpbot.flow.gaps import asked_in_vain_since
    from helpbot.flow.report import read_report
    from helpbot.texts import load_catalogue

    faq = load_faq(settings.faq)
    alias = load_pseudonyms(settings.privacy.pseudonym_key_file)
    policy, now = bootstrap.make_policy(settings), SystemClock().now()
    store = bootstrap.open_database(settings)
    try:
        report, asked, volunteers = await store.run(
            lambda tx: (
                read_report(tx, policy, now),
                asked_in_vain_since(tx, policy, alias, now),
                tx.volunteers(),
            )
        )
    finally:
        await store.close()
    months = {q.at: f"{policy.calendar.local(q.at):%Y-%m}" for q in asked}
    found = _missing(settings, asked, dict(faq.titles), months)
    bands = helper_bands(v.volunteer.themes for v in volunteers)
    today = policy.calendar.local(now).date()
    return write_page(
        folder, page(overview(report, faq, bands, found, today), load_catalogue(settings.language))
    )


def _missing(
    settings: Settings, asked: Sequence[Unanswered], titles: dict[str, str], months: dict[int, str]
) -> Missing | None:
    """Return what the FAQ lacks; None where scikit-learn is not installed."""
    from helpbot.adapters.faqfiles.missing import NotInstalled, missing_here
    from helpbot.core.gaps.shown import missing

    chosen = settings.answering
    thresholds = (chosen.answer_at, chosen.clarify_at)
    try:
        return missing(missing_here(settings.faq, settings.data_dir, thresholds, asked), titles, months)
    except NotInstalled:
        return None
