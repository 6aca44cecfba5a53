"""`helpbot check`: everything that `run` checks before it connects, then the connection itself."""

from __future__ import annotations

import asyncio
import difflib
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from helpbot.cli import _words as words
from helpbot.cli._french import Verb
from helpbot.cli._options import config_file
from helpbot.core.ids import RoomId
from helpbot.core.problems import Problem, Problems

if TYPE_CHECKING:
    from helpbot.adapters.matrix import Trust
    from helpbot.core.faq import Faq
    from helpbot.ports import Homeserver
    from helpbot.settings import Settings

_AHEAD = timedelta(days=30)


@dataclass(slots=True)
class Findings:
    """What keeps the bot from running, and what it can run with but should not stay."""

    config: Path
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    faq: Faq | None = None

    def error(self, what: str, hint: str) -> None:
        """Note what keeps the bot from running."""
        self.errors.append(Problem(str(self.config), what, hint))

    def warn(self, what: str, hint: str) -> None:
        """Note what deserves a look."""
        self.warnings.append(Problem(str(self.config), what, hint))


@click.command(cls=Verb)
@config_file
@click.option("--offline", is_flag=True, help="Sans se connecter au serveur.")
def check(config: Path, offline: bool) -> None:
    """Vérifie la configuration, les fiches, les dossiers ; puis la connexion, l'identité, les salons.

    La connexion ouvre la session dont le bot se servira ; un bot qui tourne doit donc être arrêté avant.
    Chaque problème tient sur une ligne : où, quoi, que faire. Code de retour 1 quand quelque chose empêche le
    bot de fonctionner, 2 quand la configuration ne se lit pas.
    """
    from helpbot.adapters.clock import SystemClock
    from helpbot.settings import load_settings

    settings = load_settings(config, os.environ)
    found = examine(config, settings, SystemClock().now())
    if not (offline or found.errors):
        asyncio.run(_connection(found, settings))
    for problem in found.errors:
        click.echo(problem)
    for problem in found.warnings:
        click.echo(f"{problem} (avertissement)")
    if found.faq:
        themes = {entry.theme for entry in found.faq.entries}
        click.echo(f"{len(found.faq.entries)} fiches, {len(themes)} rubriques", err=True)
    click.echo(f"{len(found.errors)} problème(s), {len(found.warnings)} avertissement(s)", err=True)
    sys.exit(1 if found.errors else 0)


def examine(config: Path, settings: Settings, now: int) -> Findings:
    """Look at everything that needs no network. `run` does the same before it connects."""
    found = Findings(config)
    _faq(found, settings)
    _meaning(found, settings)
    _folders(found, settings)
    _publishing(found, settings)
    _secrets(found, settings)
    _calendars(found, settings, now)
    _people(found, settings)
    return found


def _faq(found: Findings, settings: Settings) -> None:
    from helpbot.adapters.faqfiles.load import load_faq

    try:
        found.faq = load_faq(settings.faq)
    except Problems as problems:
        found.errors += problems.found
        return
    themes = sorted({entry.theme for entry in found.faq.entries})
    for theme in dict.fromkeys(
        theme for v in settings.volunteers for theme in v.themes if theme not in themes
    ):
        near = difflib.get_close_matches(theme, themes, 1)
        hint = f"vouliez-vous dire « {near[0]} » ?" if near else f"rubriques : {', '.join(themes)}"
        found.warn(f"volunteers : aucune fiche n'a la rubrique « {theme} »", hint)


def _meaning(found: Findings, settings: Settings) -> None:
    if settings.semantic.folder is None:
        return
    from helpbot.adapters.meaning.folder import StaticModel

    try:
        StaticModel.read(settings.semantic.folder)
    except Problems as problems:
        found.errors += problems.found


def _folders(found: Findings, settings: Settings) -> None:
    data, key = settings.data_dir, settings.privacy.pseudonym_key_file
    if data.exists() and not data.is_dir():
        found.error(f"data_dir : {data} n'est pas un dossier", "donnez un dossier")
    elif not _may_write(data):
        found.error(f"data_dir : impossible d'écrire dans {data}", "donnez-en le droit au compte du bot")
    elif data.exists() and _readable_by_others(data):
        found.warn(f"data_dir : {data} s'ouvre à d'autres comptes", f"chmod 700 {data}")
    if not key.exists() and not _may_write(key.parent):
        found.error(
            f"privacy.pseudonym_key_file : impossible de créer {key}",
            "donnez un dossier où le bot peut écrire",
        )
    badge = settings.badge
    if badge.issuer and not badge.key_file.exists() and not _may_write(badge.key_file.parent):
        what = f"badge.key_file : impossible de créer {badge.key_file}"
        found.error(what, "donnez un dossier où le bot peut écrire")
    if badge.issuer and not find_spec("joserfc"):
        found.error("badge.issuer : il manque de quoi signer des badges", "pip install 'helpbot[badge]'")
    if (
        settings.store.url
        and not find_spec("psycopg")
        and "sqlite:" not in settings.store.url.get_secret_value()
    ):
        found.error("store.url : il manque de quoi parler à PostgreSQL", "pip install 'helpbot[postgres]'")


def _publishing(found: Findings, settings: Settings) -> None:
    """Whether what referents publish from their room can be written, and kept in git where that is wanted."""
    folder = settings.faq
    if settings.rooms.review and not _may_write(folder):
        what = f"faq : impossible d'écrire dans {folder}"
        found.warn(what, "sinon, rien ne sera publié depuis le salon des référents")
    if settings.publishing.git == "off":
        return
    if shutil.which("git") is None:
        found.error("publishing.git : le programme git manque", "installez-le, ou laissez off")
    elif not any((place / ".git").exists() for place in (folder, *folder.parents)):
        what = f"publishing.git : {folder} n'est dans aucun dépôt git"
        found.warn(what, "git init, puis un premier commit des fiches")


def _may_write(path: Path) -> bool:
    """Tell whether a path, or the nearest folder above it that exists, may be written to."""
    there = next(p for p in (path, *path.parents) if p.exists())
    return os.access(there, os.W_OK | os.X_OK if there.is_dir() else os.W_OK)


def _readable_by_others(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _secrets(found: Findings, settings: Settings) -> None:
    matrix = settings.matrix
    for path in (
        matrix.password_file, matrix.access_token_file, matrix.recovery_key_file, settings.store.url_file,
        settings.privacy.pseudonym_key_file, settings.badge.key_file, settings.semantic.key_file,
    ):  # fmt: skip
        if path and path.exists() and _readable_by_others(path):
            found.warn(f"{path} se lit depuis d'autres comptes", f"chmod 600 {path}")
    inside = (matrix.password and not matrix.password_file) or (
        matrix.access_token and not matrix.access_token_file
    )
    if inside and found.config.exists() and _readable_by_others(found.config):
        found.warn(
            "un secret figure dans un fichier lisible par d'autres", "préférez password_file, ou chmod 600"
        )


def _calendars(found: Findings, settings: Settings, now: int) -> None:
    from helpbot.adapters.calendars import load_calendar
    from helpbot.bootstrap import given_holidays

    zones = [settings.school_zone, *(volunteer.zone for volunteer in settings.volunteers)]
    for zone in dict.fromkeys(z for z in zones if z):
        calendar = load_calendar(zone, settings.timezone, given_holidays(settings))
        soon = calendar.local(now).date() + _AHEAD
        if not calendar.knows(soon):
            known = f"après le {_day(calendar.covers[1])}" if calendar.covers else "pour cette zone"
            found.warn(
                f"zone {zone} : les dates des vacances manquent {known}",
                "donnez-les dans school_holidays : sinon, des collègues y seront sollicités",
            )


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _people(found: Findings, settings: Settings) -> None:
    for what, hint in _gaps(settings):
        found.warn(what, hint)


def _gaps(settings: Settings) -> Iterator[tuple[str, str]]:
    if not (settings.volunteers or settings.rooms.volunteers):
        yield "personne à qui transmettre une question", "donnez volunteers ou rooms.volunteers"
    if not (settings.referents or settings.rooms.review):
        yield (
            "personne ne verra les problèmes ni les propositions de fiches",
            "donnez referents ou rooms.review",
        )
    if not (settings.privacy.controller and settings.privacy.dpo):
        yield "privacy : controller ou dpo manque", "!rgpd doit pouvoir les nommer"
    if "*" in settings.matrix.trusted_servers:
        yield "trusted_servers : tout le monde peut inviter le bot", "nommez vos serveurs"


async def _connection(found: Findings, settings: Settings) -> None:
    """Log in as `run` does, identity included, then look at the rooms."""
    from helpbot import bootstrap
    from helpbot.adapters.clock import SystemClock
    from helpbot.ports import HomeserverError, LoggedOut

    try:
        homeserver = await bootstrap.connect_matrix(settings, SystemClock())
        try:
            click.echo(f"connecté en tant que {homeserver.user_id}, identité signée", err=True)
            examine_trust(found, settings, homeserver.trust)
            await examine_rooms(found, settings, homeserver)
        finally:
            await homeserver.close()
    except LoggedOut as out:
        what, hint = words.logged_out(out)
        found.error(f"connexion refusée : {what}", hint)
    except HomeserverError as trouble:
        found.error(f"connexion impossible : {trouble}", "vérifiez matrix.homeserver et le réseau")


def examine_trust(found: Findings, settings: Settings, trust: Trust) -> None:
    """Tell by whom the device is signed, since when, and whether that outlives the loss of the disk."""
    from helpbot.adapters.matrix import Recovery

    click.echo(words.trust(trust, settings.timezone), err=True)
    file = settings.matrix.recovery_key_file
    match trust.recovery:
        case Recovery.OFF:
            found.warn(
                "identité non récupérable : si le disque est perdu, le bot paraîtra usurpé (bouclier rouge)",
                "donnez matrix.recovery_key_file, hors de data_dir",
            )
        case Recovery.FOREIGN:
            found.warn(
                f"identité non récupérable : le coffre du compte a été créé ailleurs, {file} ne l'ouvre pas",
                "mettez-y la clé de récupération affichée alors, ou : helpbot identity reset",
            )
        case Recovery.MADE:
            click.echo(f"identité récupérable : clé de récupération écrite dans {file}", err=True)
        case Recovery.READY:
            click.echo(f"identité récupérable : {file} ouvre le coffre du compte", err=True)
    if file is not None and file.resolve().is_relative_to(settings.data_dir.resolve()):
        found.warn(
            "matrix.recovery_key_file se trouve dans data_dir : elle se perdrait avec le disque",
            "gardez-la ailleurs, et une copie hors de cette machine",
        )


async def examine_rooms(found: Findings, settings: Settings, homeserver: Homeserver) -> None:
    """Tell which rooms of the configuration the bot is not in, and which were replaced by others."""
    from helpbot.core.incoming import Membership
    from helpbot.core.moves import where_now

    batch = await homeserver.sync(None, wait_ms=0)
    standing = {news.room: news.membership for news in batch.rooms}
    replaced = {news.room: news.replacement.room for news in batch.rooms if news.replacement}
    named = {"rooms.review": settings.rooms.review, "rooms.volunteers": settings.rooms.volunteers}
    named |= {f"rooms.settings.{room}": room for room in settings.rooms.settings}
    for key, room in named.items():
        now = where_now(RoomId(room), replaced) if room else None
        if room and now != room:
            found.warn(f"{key} : {room} a été remplacé par {now}", f"mettez {now} à sa place")
            room = now
        if room and standing.get(RoomId(room)) is Membership.INVITE:
            found.warn(f"{key} : le bot y est invité, pas encore entré", "il entrera au démarrage")
        elif room and standing.get(RoomId(room)) is not Membership.JOIN:
            found.warn(f"{key} : le bot n'y est pas", f"invitez-y {homeserver.user_id}")
