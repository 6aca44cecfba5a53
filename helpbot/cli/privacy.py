"""`helpbot privacy`: the rights of a person, and what the operator owes the data protection officer."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from helpbot.cli._french import Family
from helpbot.cli._options import config_file
from helpbot.core.ids import UserId
from helpbot.core.problems import Problem, Problems

if TYPE_CHECKING:
    from helpbot.settings import Settings
    from helpbot.texts.dossier import Choices

_person = click.argument("user_id", metavar="@PERSONNE:SERVEUR")
_USER = re.compile(r"@[^\s:@]+:[^\s:@]+(:\d+)?")


@click.group(cls=Family)
def privacy() -> None:
    """Droits d'une personne, entrée de registre, examen préalable (AIPD)."""


@privacy.command()
@_person
@config_file
def export(user_id: str, config: Path) -> None:
    """Écrit tout ce qui est gardé d'une personne : un objet JSON, comme « !mesdonnees ».

    Se lance à côté du bot, sans l'arrêter. Ce qui concerne d'autres personnes y est masqué. À remettre à la
    personne seule.
    """
    from helpbot.adapters.clock import SystemClock
    from helpbot.rights import data_of

    click.echo(data_of(_settings(config), _user(user_id), SystemClock()).text)


@privacy.command()
@_person
@config_file
@click.option("--yes", is_flag=True, help="N'attend pas de confirmation.")
def erase(user_id: str, config: Path, yes: bool) -> None:
    """Oublie une personne pour de bon, comme « !oubliezmoi » ; le bot doit être arrêté.

    Ses questions sont retirées, ce qu'elle tenait est proposé à d'autres, ses lignes et ses mots
    disparaissent de la base, jusqu'aux pages libérées ; les copies transmises sont supprimées des salons au
    prochain démarrage du bot. Si la configuration la nomme parmi les volontaires, retirez-l'y.
    """
    from helpbot.adapters.clock import SystemClock
    from helpbot.rights import erase as forget

    settings, user = _settings(config), _user(user_id)
    if not yes:
        click.confirm(
            "Effacer tout ce qui concerne cette personne, sans retour possible ?", abort=True, err=True
        )
    overwritten = forget(settings, user, SystemClock())
    click.echo("effacé ; lancez le bot : il supprime des salons ce qu'il y avait transmis")
    if not overwritten:
        click.echo("un autre programme lit la base : le bot en réécrira les pages libérées", err=True)


@privacy.command("object")
@_person
@config_file
def objection(user_id: str, config: Path) -> None:
    """Enregistre l'opposition d'une personne : ni sollicitée, ni comptée ; le bot doit être arrêté.

    Comme « !stop » et « !opposition ». Ce qu'elle tenait est proposé à d'autres au prochain démarrage.
    """
    from helpbot.adapters.clock import SystemClock
    from helpbot.rights import object_for

    was = object_for(_settings(config), _user(user_id), SystemClock())
    click.echo("opposition enregistrée" + (" ; retirée de l'annuaire des volontaires" if was else ""))


@privacy.command()
@_person
@click.argument("themes", nargs=-1, required=True, metavar="THÈME…")
@config_file
def correct(user_id: str, themes: tuple[str, ...], config: Path) -> None:
    """Remplace les thèmes d'un·e volontaire par ceux-ci, comme « !volontaire ».

    Se lance à côté du bot. Les thèmes sont les noms des fichiers de fiches (« theme: »). Le reste se corrige
    par la personne elle-même : « !dispo », « !charge », ou en modifiant son message.
    """
    from helpbot.adapters.clock import SystemClock
    from helpbot.adapters.faqfiles.load import load_faq
    from helpbot.rights import correct_themes

    settings, user = _settings(config), _user(user_id)
    known = {entry.theme for entry in load_faq(settings.faq).entries}
    wrong = [theme for theme in themes if theme not in known]
    if wrong:
        hint = f"thèmes connus : {', '.join(sorted(known))}"
        raise Problems([Problem(theme, "thème inconnu", hint) for theme in wrong])
    if not correct_themes(settings, user, themes, SystemClock()):
        raise Problems([Problem(user, "n'est pas volontaire", "la personne s'inscrit par « !volontaire »")])
    click.echo(f"thèmes : {', '.join(themes)}")


@privacy.command()
@config_file
@click.option("--dry-run", is_flag=True, help="Compte sans rien supprimer.")
def retention(config: Path, dry_run: bool) -> None:
    """Supprime ce qui a passé sa durée, comme le bot le fait plusieurs fois par jour.

    Une ligne par table, avec le nombre de lignes. Se lance à côté du bot, sans l'arrêter ; les copies à
    retirer des salons le sont alors à son prochain démarrage.
    """
    from helpbot.adapters.clock import SystemClock
    from helpbot.rights import retention as removed
    from helpbot.texts.register import load_register

    settings = _settings(config)
    titles = load_register().word("tables")
    found = removed(settings, SystemClock(), dry=dry_run)
    copies = found.pop("copies", None)
    for table, rows in found.items():
        click.echo(f"{titles[table]['title']} ({table}) : {rows}")
    if copies is not None:
        click.echo(f"Copies transmises, à retirer des salons : {copies}", err=True)


@privacy.command()
@config_file
def register(config: Path) -> None:
    """Écrit l'entrée du registre des traitements (RGPD, article 30), en Markdown, d'après la configuration.

    À relire par le ou la délégué·e à la protection des données : le programme ne décide pas de la base
    légale.
    """
    from helpbot.texts.dossier import register_entry

    settings = _settings(config)
    click.echo(register_entry(_choices(settings)), nl=False)


@privacy.command()
@config_file
def screening(config: Path) -> None:
    """Répond aux neuf critères qui disent s'il faut une analyse d'impact (AIPD), en Markdown.

    Les critères sont ceux du Comité européen de la protection des données (WP 248) ; chaque réponse vient de
    la configuration ou de ce que fait le programme.
    """
    from helpbot.texts.dossier import screening as answers

    settings = _settings(config)
    click.echo(answers(_choices(settings)), nl=False)


def _settings(config: Path) -> Settings:
    from helpbot.settings import load_settings

    return load_settings(config, os.environ)


def _choices(settings: Settings) -> Choices:
    from helpbot.texts.dossier import Choices
    from helpbot.texts.register import Durations

    chosen = settings.privacy
    return Choices(
        title="helpbot",
        homeserver=settings.matrix.homeserver,
        controller=chosen.controller or "",
        dpo=chosen.dpo or "",
        servers=tuple(settings.matrix.trusted_servers),
        listening=sum(room.listen for room in settings.rooms.settings.values()),
        postgres=settings.store.url is not None,
        durations=Durations(chosen.unsolved_days, chosen.solved_days, chosen.help_log_months),
    )


def _user(text: str) -> UserId:
    if not _USER.fullmatch(text):
        hint = "écrivez l'identifiant entier, par exemple @prenom.nom-exemple.fr:agent.exemple.fr"
        raise Problems([Problem(text, "n'est pas un identifiant Matrix", hint)])
    return UserId(text)
