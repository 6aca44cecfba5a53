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
from helpbot.flow.erasure import export_slot
from helpbot.flow.setting import Badges
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
    today = desk.setting.policy.calendar.local(desk.now).date().isoformat()
    name = desk.setting.names.full_name(event.sender)
    markdown, html = document(desk.setting.catalogue, found, name=name, today=today)
    direct = desk.begin_direct(event)
    if direct is None:  # it could not be opened, as they were told
        return
    slot = export_slot(desk.setting.alias(event.sender))
    send, caption = desk.writer.send_file, say.JourneyInFiles()
    send(direct, f"parcours-{today}.md", markdown, mimetype="text/markdown", slot=slot, caption=caption)
    send(direct, f"parcours-{today}.html", html, mimetype="text/html", slot=slot)


def _send_badge(desk: Desk, event: Message, found: Journey) -> None:
    """Send an Open Badge of it, made now and kept nowhere."""
    badges = desk.setting.badges
    signed = _signed(desk, badges, event, found) if badges is not None else ""
    if badges is None or not signed:
        desk.privately(event, say.NoBadges())
        return
    direct = desk.begin_direct(event)
    if direct is None:
        return
    day = desk.setting.policy.calendar.local(desk.now).date().isoformat()
    desk.writer.send_file(
        direct,
        f"badge-entraide-{day}.jwt",
        signed,
        mimetype="application/jwt",
        slot=export_slot(desk.setting.alias(event.sender)),
        caption=say.BadgeMade(badges.issuer.name),
    )


def _signed(desk: Desk, badges: Badges, event: Message, found: Journey) -> str:
    """Return the badge, signed; empty where the operator's key cannot be used."""
    at = desk.now // 1000
    badge = credential(
        badges.issuer,
        badge_words(desk.setting.catalogue, found),
        holder=event.sender,
        valid_from=datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        cause=event.event_id,
    )
    try:
        return badges.sign(claims(badge, at))
    except Problems as wrong:
        log.error("a badge could not be signed", extra={"why": str(wrong)})
        return ""


HANDLERS = {"monparcours": my_journey}
