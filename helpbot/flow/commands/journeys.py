"""`!monparcours`: what somebody gave, told to them alone, in files, as a badge; kept as long as they wish."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from helpbot.core.badges import claims, credential
from helpbot.core.commands import Command
from helpbot.core.incoming import Message
from helpbot.core.journey import Journey, journey
from helpbot.core.notices import journey as say
from helpbot.core.problems import Problems
from helpbot.core.when import fold
from helpbot.flow.desk import Desk
from helpbot.texts.journey import badge_words, document

log = logging.getLogger("helpbot.badges")

_FILES = {"fichier", "fichiers", "exporter", "export", "imprimer", "pdf", "html", "markdown", "file", "files"}
_BADGE = {"badge", "open badge", "openbadge", "mon badge"}
_KEEP = {"garder", "garde", "conserver", "conserve", "oui", "keep"}
_DROP = {"effacer", "efface", "oublier", "oublie", "supprimer", "supprime", "non", "ne pas garder", "stop"}


def my_journey(desk: Desk, event: Message, command: Command) -> None:
    """Show it, keep it beyond the log, or stop keeping it."""
    person = desk.setting.alias(event.sender)
    months = desk.setting.policy.help_log_months
    asked = fold(command.rest)
    if asked in _KEEP:
        desk.tx.keep_journey(person, desk.now)
        desk.privately(event, say.JourneyKept())
        return
    if asked in _DROP:
        desk.tx.drop_journey(person)
        desk.privately(event, say.JourneyDropped(months))
        return
    found = read_journey(desk, person)
    if not found.answers:
        desk.privately(event, say.NoJourney(found.kept))
    elif asked in _FILES:
        _send_files(desk, event, found)
    elif asked in _BADGE:
        _send_badge(desk, event, found)
    else:
        desk.privately(event, say.MyJourney(found, months, badges=desk.setting.badges is not None))


def read_journey(desk: Desk, person: str) -> Journey:
    """Return what the person of a pseudonym gave."""
    kept = desk.tx.keeps_journey(person)
    return journey(desk.tx.journey(person), desk.setting.index.faq, kept=kept)


def _send_files(desk: Desk, event: Message, found: Journey) -> None:
    """Send it as a Markdown text and as a page to print, into the direct message only."""
    desk.privately(event, say.JourneyInFiles())
    direct = desk.direct_room(event)
    if direct is None:  # it could not be opened, as they were told
        return
    today = desk.setting.policy.calendar.local(desk.now).date().isoformat()
    name = desk.setting.names.full_name(event.sender)
    markdown, html = document(desk.setting.catalogue, found, name=name, today=today)
    desk.writer.send_file(direct, f"parcours-{today}.md", markdown, mimetype="text/markdown")
    desk.writer.send_file(direct, f"parcours-{today}.html", html, mimetype="text/html")


def _send_badge(desk: Desk, event: Message, found: Journey) -> None:
    """Send an Open Badge of it, made now and kept nowhere."""
    badges = desk.setting.badges
    if badges is None:
        desk.privately(event, say.NoBadges())
        return
    at = datetime.fromtimestamp(desk.now // 1000, UTC)
    badge = credential(
        badges.issuer,
        badge_words(desk.setting.catalogue, found),
        holder=event.sender,
        valid_from=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        cause=event.event_id,
    )
    try:
        signed = badges.sign(claims(badge, desk.now // 1000))
    except Problems as wrong:
        log.error("a badge could not be signed", extra={"why": str(wrong)})
        desk.privately(event, say.NoBadges())
        return
    desk.privately(event, say.BadgeMade(badges.issuer.name))
    direct = desk.direct_room(event)
    if direct is None:
        return
    desk.writer.send_file(direct, f"badge-entraide-{at:%Y-%m-%d}.jwt", signed, mimetype="application/jwt")


HANDLERS = {"monparcours": my_journey}
