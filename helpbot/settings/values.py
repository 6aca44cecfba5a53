"""What a single value may be: the types that the tree is made of, and what to say of a wrong one."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from helpbot.core.hours import ZONES, Calendar, OpenHours
from helpbot.settings.hints import did_you_mean

_SERVER = r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?"


def wrong(what: str, hint: str = "", *, at: tuple[str, ...] = ()) -> PydanticCustomError:
    """A problem found by a validator; `at` leads from the validated value to the place meant."""
    return PydanticCustomError("wrong", "{what}", {"what": what, "hint": hint, "at": at})


# What a value may be.


def _user_id(value: str) -> str:
    if not re.fullmatch(rf"@[^:\s]+:{_SERVER}", value) or len(value) > 255:
        raise wrong(f"« {value} » n'est pas un identifiant Matrix", "écrivez-le en entier, « @nom:serveur »")
    return value


def _room_id(value: str) -> str:
    if value.startswith("#"):
        hint = "donnez l'identifiant interne, qui commence par « ! » (Paramètres du salon, Avancé)"
        raise wrong(f"« {value} » est l'adresse d'un salon", hint)
    if not re.fullmatch(r"![^\s]{1,254}", value):
        raise wrong(f"« {value} » n'est pas l'identifiant d'un salon", "il commence par « ! »")
    return value


def web_folder(value: str) -> str:
    """Return the address of a folder on the web, with its last slash."""
    _address(value, {"https", "http"}, "par exemple https://exemple.fr/faq/", bare=True)
    return value if value.endswith("/") else f"{value}/"


def homeserver(value: str) -> str:
    """Want https, or http to this machine."""
    if _is_read_on_its_way(value, "par exemple « https://matrix.exemple.fr »"):
        raise wrong("http laisse lire le mot de passe et les messages en chemin", "écrivez https://")
    return value.rstrip("/")


def website(value: str) -> str:
    """Want the https address of a site."""
    _address(value, {"https"}, "par exemple « https://drane.exemple.fr »")
    return value


def endpoint(value: str) -> str:
    """Want https, or http to this machine: what people ask travels there."""
    if _is_read_on_its_way(value, "par exemple « http://127.0.0.1:8080/v1 »"):
        raise wrong("les questions y passeraient en clair", "utilisez https, ou un serveur de cette machine")
    return value.rstrip("/")


def _is_read_on_its_way(value: str, example: str) -> bool:
    """Tell whether what is sent to a web address crosses the network in the clear."""
    scheme, host = _address(value, {"https", "http"}, example)
    return scheme == "http" and not _is_loopback(host)


def _address(value: str, schemes: set[str], example: str, *, bare: bool = False) -> tuple[str, str]:
    """Return the scheme and the host of a web address; `bare`: with nothing after its path."""
    try:
        parts = urlsplit(value)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:  # of a port that is none, or a bracket that does not close
        named = False
    if not named or parts.scheme not in schemes or (bare and (parts.query or parts.fragment)):
        raise wrong(f"« {value} » n'est pas une adresse web", example)
    return parts.scheme, parts.hostname or ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def server_glob(value: str) -> str:
    """Want a server's name, where * and ? stand for anything."""
    if not re.fullmatch(r"[A-Za-z0-9.*?:\[\]-]+", value):
        raise wrong(
            f"« {value} » n'est pas un nom de serveur", "sans « @ » ni « https:// » ; « * » est permis"
        )
    return value.lower()


def user_glob(value: str) -> str:
    """Want a user id, where * and ? stand for anything."""
    if not re.fullmatch(r"[@*?][^\s]*", value):
        raise wrong(f"« {value} » n'est pas un identifiant Matrix", "« @nom:serveur », où « * » est permis")
    return value


def timezone(value: str) -> str:
    """Want a name of the tz database."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise wrong(f"fuseau horaire inconnu « {value} »", "par exemple « Europe/Paris »") from None
    return value


def _zone(value: object) -> object:
    """Forgive case, accents and « zone A »."""
    if not isinstance(value, str):
        return value
    name = re.sub(r"[\s_]+", "-", _plain(value).removeprefix("zone").strip())
    known = {zone.lower(): zone for zone in ZONES}
    if name not in known:
        hint = did_you_mean(name, known) or f"zones connues : {', '.join(ZONES)} ; null : aucune"
        raise wrong(f"zone scolaire inconnue « {value} »", hint)
    return known[name]


def _level(value: object) -> object:
    levels = {"ecole": "ecole", "primaire": "ecole", "college": "college", "lycee": "lycee"}
    return levels.get(_plain(value), value) if isinstance(value, str) else value


def off_is_text(value: object) -> object:
    """YAML reads a bare off or on as a truth value."""
    return {False: "off", True: "on"}[value] if isinstance(value, bool) else value


def _open_hours(value: str) -> str:
    try:
        OpenHours.parse(value, Calendar(ZoneInfo("UTC")))
    except ValueError as error:
        what, _, hint = str(error).partition(" ; ")
        raise wrong(what, hint) from None
    return value


def database(value: SecretStr) -> SecretStr:
    """Want SQLite or PostgreSQL."""
    if not re.match(r"(sqlite:///|postgresql(\+psycopg)?://)", value.get_secret_value()):
        hint = "« postgresql://nom@hote/base », ou null pour SQLite dans data_dir"
        raise wrong("cette adresse de base de données n'est pas comprise", hint)
    return value


def listen(value: str) -> str:
    """Want host:port; port 0 is any that is free."""
    host, colon, port = value.rpartition(":")
    if not (host and colon and port.isdecimal() and int(port) < 65536):
        raise wrong(f"« {value} » n'est pas une adresse à écouter", "par exemple « 127.0.0.1:9100 »")
    return value


def _from_base(value: Path, info: ValidationInfo) -> Path:
    """Relative paths are relative to the configuration file."""
    return (info.context or Path()) / value.expanduser()


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.strip().lower())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
User = Annotated[Text, AfterValidator(_user_id)]
Room = Annotated[Text, AfterValidator(_room_id)]
Zone = Annotated[str, BeforeValidator(_zone)]
Hours = Annotated[Text, AfterValidator(_open_hours)]
Level = Annotated[Literal["ecole", "college", "lycee"], BeforeValidator(_level)]
FilePath = Annotated[Path, AfterValidator(_from_base)]
Count = Annotated[int, Field(ge=1)]
Minutes = Annotated[int, Field(ge=1, le=24 * 60)]
Share = Annotated[float, Field(ge=0, le=1)]
