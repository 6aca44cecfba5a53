"""Reading the configuration: defaults, the environment, secrets, and every problem at once."""
# ruff: noqa: E501 (problems are compared whole)

from __future__ import annotations

import os
import subprocess
import sys
import typing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from helpbot.bootstrap import given_holidays
from helpbot.core.hours import Break
from helpbot.core.problems import Problems
from helpbot.settings import RoomSettings, SchoolBreak, Settings, SettingsApart, Volunteer, load_settings

EXAMPLE = Path(__file__).parent.parent / "config.yaml.example"
MINIMAL = """\
matrix:
  homeserver: https://matrix.exemple.fr
  user_id: "@helpbot:exemple.fr"
  password: sésame
"""
TOKEN = """\
matrix:
  homeserver: https://matrix.exemple.fr
  user_id: "@helpbot:exemple.fr"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(text: str | bytes, **env: str) -> Settings:
    path = Path("config.yaml")
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_settings(path, {f"HELPBOT__{k}": v for k, v in env.items()})


def problems(text: str | bytes, **env: str) -> list[str]:
    with pytest.raises(Problems) as caught:
        load(text, **env)
    return [str(problem) for problem in caught.value.found]


def test_defaults(folder: Path) -> None:
    loaded = load(MINIMAL)
    assert loaded.matrix.trusted_servers == ("exemple.fr",)
    assert loaded.matrix.max_sends_per_second == 1.0
    assert loaded.data_dir == folder / "data"
    assert loaded.store.url is None
    assert loaded.privacy.pseudonym_key_file == folder / "pseudonym.key"
    assert loaded.routing.waves == (1, 1, 2)
    assert loaded.school_zone == "A"
    assert loaded.answering.answer_at is None


@pytest.mark.usefixtures("folder")
def test_an_empty_section_has_its_defaults() -> None:
    empty = "routing:\n  caps:\n  waves:\nrooms:\n  settings:\nvolunteers:\nprivacy:\nschool_holidays:\n"
    assert load(MINIMAL + empty) == load(MINIMAL)


def test_paths_are_relative_to_the_file(folder: Path) -> None:
    (folder / "etc").mkdir()
    (folder / "etc" / "bot.yaml").write_text(MINIMAL + "faq: ../faq\ndata_dir: /srv/helpbot\n")
    loaded = load_settings(Path("etc/bot.yaml"), {})
    assert loaded.faq == folder / "etc" / "../faq"
    assert loaded.data_dir == Path("/srv/helpbot")
    assert loaded.privacy.pseudonym_key_file == folder / "etc" / "pseudonym.key"


@pytest.mark.usefixtures("folder")
def test_secrets_are_not_shown() -> None:
    text = MINIMAL + "store: {url: 'postgresql://bot:sésame@localhost/bot'}\n"
    loaded = load(text)
    assert "sésame" not in repr(loaded) + str(loaded)
    assert loaded.matrix.password is not None
    assert loaded.matrix.password.get_secret_value() == "sésame"
    assert loaded.store.url is not None
    assert loaded.store.url.get_secret_value() == "postgresql://bot:sésame@localhost/bot"
    assert "sésame" not in "".join(problems(MINIMAL.replace("sésame", "[sésame]")))
    assert "sésame" not in "".join(problems(MINIMAL + "store: {url: 'oracle://bot:sésame@x'}\n"))


def test_secrets_from_files(folder: Path) -> None:
    (folder / "secret").write_text("ouvre-toi\n")
    loaded = load(TOKEN + "  access_token_file: secret\n  device_id: BOT\n")
    assert loaded.matrix.access_token is not None
    assert loaded.matrix.access_token.get_secret_value() == "ouvre-toi"
    (folder / "empty").write_text("\n")
    assert problems(TOKEN + "  password_file: empty\nstore: {url_file: absent}\n") == [
        "config.yaml:4: le fichier « empty » est vide; il doit contenir le secret, sur une ligne",
        "config.yaml:5: le fichier « absent » ne se lit pas; vérifiez le chemin et les droits",
    ]
    assert problems(MINIMAL + "  password_file: secret\n") == [
        "config.yaml:5: password et password_file disent la même chose; gardez l'un des deux"
    ]


def test_the_environment_wins(folder: Path) -> None:
    (folder / "secret").write_text("autre")
    loaded = load(
        MINIMAL + "routing: {caps: {day: 1, week: 3}}\n",
        MATRIX__PASSWORD_FILE="secret",
        ROUTING__CAPS__DAY="2",
        REFERENTS='["@rupn:exemple.fr"]',
        SCHOOL_ZONE="null",
        METRICS__LISTEN="127.0.0.1:9100",
        ROOMS='{"settings": {"!a:b": {"threads": "on"}}}',
    )
    assert loaded.matrix.password is not None
    assert loaded.matrix.password.get_secret_value() == "autre"
    assert (loaded.routing.caps.day, loaded.routing.caps.week) == (2, 3)
    assert loaded.referents == ("@rupn:exemple.fr",)
    assert loaded.school_zone is None
    assert loaded.metrics.listen == "127.0.0.1:9100"
    assert loaded.rooms.settings["!a:b"].threads == "on"


@pytest.mark.usefixtures("folder")
def test_a_password_in_the_environment_is_any_text() -> None:
    for password in ("123", "null", "a: b", "[", "  "):
        given_there = load(TOKEN, MATRIX__PASSWORD=password).matrix.password
        assert given_there is not None
        assert given_there.get_secret_value() == password


@pytest.mark.usefixtures("folder")
def test_problems_of_the_environment_name_the_variable() -> None:
    found = problems(
        MINIMAL,
        ROUTING__CAPS__DAY="0",
        ROUTNG__WAVES="[1]",
        FAQ__X="1",
        MATRIX__PASSWORD__X="1",
        REFERENTS="[",
    )
    assert (
        "\n".join(found) + "\n"
        == """\
environment HELPBOT__FAQ__X: faq : attendu : du texte; mettez la valeur entre guillemets
environment HELPBOT__MATRIX__PASSWORD__X: cette clé n'existe pas; HELPBOT__SECTION__CLÉ, comme dans config.yaml
environment HELPBOT__REFERENTS: valeur illisible; écrivez-la en JSON ou en YAML
environment HELPBOT__ROUTING__CAPS__DAY: routing.caps.day : 0 est trop petit; au moins 1
environment HELPBOT__ROUTNG__WAVES: clé inconnue routng; vouliez-vous dire « routing » ?
"""
    )


def test_every_problem_at_once(folder: Path) -> None:
    (folder / "config.yaml").write_text("")
    found = problems("""\
matrix:
  homserver: https://matrix.exemple.fr
  user_id: helpbot
  password: a
  access_token: b
  trusted_servers: ["https://x.fr", ok.fr]
school_zone: Z
timezone: Europe/Pari
rooms:
  review: !abc:x.fr
  volunteers: "#vol:x.fr"
  settings:
    "abc": {listen: peut-être, threads: off, rout: ask}
    "!r:x": {level: Lycée, route: always}
routing:
  waves: []
  wait_minutes: {first: 5}
  caps: {day: 3, week: 2, open: 0}
  open_hours: lun-ven 8h
  caps: {}
volunteers:
  - {user: "@a:x.fr", themes: []}
  - themes: pix
school_holidays:
  corse: [{from: 2026-12-19, back: 2026-12-18}]
answering: {answer_at: .5, clarify_at: .6}
metrics: {listen: "9100"}
privacy:
data_dir: 2026-13-45
""")
    assert (
        "\n".join(found) + "\n"
        == """\
config.yaml:1: la clé matrix.homeserver manque; voyez config.yaml.example
config.yaml:1: matrix : password et access_token ne vont pas ensemble; gardez l'un des deux
config.yaml:2: clé inconnue matrix.homserver; vouliez-vous dire « homeserver » ?
config.yaml:3: matrix.user_id : « helpbot » n'est pas un identifiant Matrix; écrivez-le en entier, « @nom:serveur »
config.yaml:6: matrix.trusted_servers[0] : « https://x.fr » n'est pas un nom de serveur; sans « @ » ni « https:// » ; « * » est permis
config.yaml:7: school_zone : zone scolaire inconnue « Z »; zones connues : A, B, C, alsace-moselle, corse, guadeloupe, guyane, martinique, mayotte, reunion, nouvelle-caledonie, polynesie, saint-pierre-et-miquelon, wallis-et-futuna ; null : aucune
config.yaml:8: timezone : fuseau horaire inconnu « Europe/Pari »; par exemple « Europe/Paris »
config.yaml:10: ce qui commence par « ! » est pris pour une étiquette YAML; mettez la valeur entre guillemets
config.yaml:11: rooms.volunteers : « #vol:x.fr » est l'adresse d'un salon; donnez l'identifiant interne, qui commence par « ! » (Paramètres du salon, Avancé)
config.yaml:13: rooms.settings.abc : « abc » n'est pas l'identifiant d'un salon; il commence par « ! »
config.yaml:13: rooms.settings.abc.listen : attendu : true ou false
config.yaml:13: clé inconnue rooms.settings.abc.rout; vouliez-vous dire « route » ?
config.yaml:14: rooms.settings.!r:x.route : « always » n'est pas une valeur possible; au choix : 'ask' ou 'toujours'
config.yaml:16: routing.waves : la liste est vide; donnez au moins une valeur
config.yaml:17: routing.wait_minutes : les attentes doivent suivre min ≤ first ≤ max
config.yaml:18: routing.caps : le plafond de la semaine est sous celui du jour
config.yaml:18: routing.caps.open : 0 est trop petit; au moins 1
config.yaml:19: routing.open_hours : une heure de fin manque après « 8h »; par exemple « lun-ven 8h-12h et 13h-17h », ou « toujours »
config.yaml:20: clé « caps » en double; elle est déjà donnée ligne 18, gardez l'une des deux
config.yaml:22: volunteers[0].themes : la liste est vide; donnez au moins une valeur
config.yaml:23: la clé volunteers[1].user manque; voyez config.yaml.example
config.yaml:23: volunteers[1].themes : attendu : une liste; par exemple [a, b]
config.yaml:25: school_holidays.corse[0].back : back (la reprise) doit suivre from, de 100 jours au plus
config.yaml:26: answering.clarify_at : clarify_at dépasse answer_at; le bot demande une précision avant d'être sûr
config.yaml:27: metrics.listen : « 9100 » n'est pas une adresse à écouter; par exemple « 127.0.0.1:9100 »
config.yaml:29: « 2026-13-45 » n'est pas une valeur possible; mettez la valeur entre guillemets
"""
    )


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            b"a:\n\tb: 1\n",
            "config.yaml:2: YAML illisible (found character that cannot start any token); rempl",
        ),
        (b"matrix:\n  user_id: @a:b\n", "config.yaml:2: YAML illisible (found character that cannot start"),
        (b"- 1\n", "config.yaml:1: attendu : des lignes"),
        (b"", "config.yaml:1: la clé matrix manque"),
        (b"# vide\n", "config.yaml:1: la clé matrix manque"),
        (b"a: 1\nb: \xe9\n", "config.yaml:2: ce fichier n'est pas en UTF-8"),
        (b"a: \x01\n", "config.yaml:1: caractère invisible"),
        (b"a: &a [*a]\n", "config.yaml:1: trop de niveaux"),
        (b"a: 1\n---\nb: 1\n", "config.yaml:2: YAML illisible"),
        (b"matrix: {? [a] : b}\n", "config.yaml:1: une clé doit être un mot"),
        (b"rooms:\n  settings:\n    !a:b: {}\n", "config.yaml:3: ce qui commence par « ! »"),
        (b"matrix: texte\n", "config.yaml:1: matrix : attendu : des lignes"),
    ],
)
def test_unreadable_files(text: bytes, says: str) -> None:
    assert any(problem.startswith(says) for problem in problems(text)), problems(text)


def test_no_file(folder: Path) -> None:
    with pytest.raises(Problems, match=r"absent\.yaml:1: ce fichier n'existe pas; lancez « helpbot init »"):
        load_settings(Path("absent.yaml"), {})
    with pytest.raises(Problems, match="lecture impossible"):
        load_settings(folder, {})


@pytest.mark.usefixtures("folder")
def test_a_byte_order_mark_is_no_matter() -> None:
    assert load(b"\xef\xbb\xbf" + MINIMAL.encode()) == load(MINIMAL)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("url", ["http://localhost:8008", "http://127.0.0.1:8008/", "http://[::1]:8008"])
def test_plain_http_to_this_machine_only(url: str) -> None:
    elsewhere = problems(MINIMAL.replace("https://", "http://"))
    assert "http laisse lire le mot de passe" in elsewhere[0]
    assert load(MINIMAL.replace("https://matrix.exemple.fr", f'"{url}"')).matrix.homeserver == url.rstrip("/")


@pytest.mark.usefixtures("folder")
def test_ways_to_log_in() -> None:
    [nothing] = problems(TOKEN)
    assert nothing.startswith("config.yaml:1: matrix : rien ne permet de se connecter; donnez password,")
    assert "access_token demande device_id" in problems(TOKEN + "  access_token: x\n")[0]
    assert load(TOKEN + "  access_token: x\n  device_id: BOT\n").matrix.device_id == "BOT"


@pytest.mark.usefixtures("folder")
def test_forgiving_words() -> None:
    loaded = load(
        MINIMAL + "school_zone: zone b\nrooms: {settings: {'!a:b': {threads: off, level: Collège}}}\n"
        "volunteers: [{user: '@a:b.fr', themes: [pix], zone: Réunion, hours: toujours}]\n"
        "school_holidays: {réunion: [{from: 2026-12-19, back: 2027-01-20}]}\n"
    )
    assert loaded.school_zone == "B"
    assert loaded.rooms.settings["!a:b"] == RoomSettings(threads="off", level="college")
    assert loaded.volunteers[0].zone == "reunion"
    assert given_holidays(loaded) == {
        "reunion": (Break("vacances", date(2026, 12, 19), date(2027, 1, 20)),),
    }


@pytest.mark.usefixtures("folder")
def test_a_volunteer_is_named_once() -> None:
    one = "{user: '@a:b.fr', themes: [pix]}"
    assert "config.yaml:7: volunteers[1].user : @a:b.fr figure deux fois; gardez une seule ligne" in problems(
        MINIMAL + f"volunteers:\n  - {one}\n  - {one}\n"
    )


@pytest.mark.usefixtures("folder")
def test_the_pseudonym_key_lies_outside_the_data() -> None:
    found = problems(MINIMAL + "privacy:\n  pseudonym_key_file: data/../data/key\n")
    assert found[0].startswith(
        "config.yaml:6: privacy.pseudonym_key_file : la clé des pseudonymes doit rester"
    )


@pytest.mark.slow
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), st.lists, max_leaves=3))
@settings(max_examples=25, deadline=None)
def test_any_value_anywhere_is_read_or_refused(value: object) -> None:
    kinds: Any = typing.get_type_hints(Settings)
    for key in kinds:
        if key.startswith(("_", "model_")):
            continue
        env = {"HELPBOT__" + key.upper(): yaml.safe_dump(value), "HELPBOT__MATRIX__PASSWORD": "x"}
        try:
            load_settings(EXAMPLE, env)
        except Problems:
            continue


def test_the_example_loads_and_says_every_key_with_its_default() -> None:
    example = yaml.safe_load(EXAMPLE.read_text())
    loaded = load_settings(EXAMPLE, {"HELPBOT__MATRIX__PASSWORD": "x"})
    shown = {"matrix.homeserver", "matrix.user_id", "matrix.password_file", "referents", "rooms.settings"}
    shown |= {"volunteers", "trusted_servers"}
    _same_keys(example, loaded, shown, "")
    [room] = example["rooms"]["settings"].values()
    assert RoomSettings(threads="on") != RoomSettings.model_validate(room) == RoomSettings()
    assert example["volunteers"][0].keys() == Volunteer.model_fields.keys()
    text = EXAMPLE.read_text()
    assert all(f"{field.alias or name}: " in text for name, field in SchoolBreak.model_fields.items())


def _same_keys(example: dict[str, Any], section: BaseModel, shown: set[str], path: str) -> None:
    defaults = type(section).model_fields
    assert list(example) == list(defaults), f"keys of {path or 'the file'}, in the order of the tree"
    for key, value in example.items():
        inner = getattr(section, key)
        if isinstance(inner, BaseModel):
            _same_keys(value, inner, shown, f"{path}{key}.")
        elif path + key not in shown and value is not None:
            default = defaults[key].get_default(call_default_factory=True, validated_data={})
            default = list(default) if isinstance(default, tuple) else default
            assert value == (f"{default}/" if isinstance(default, Path) else default), path + key


# In a process of its own.


def same(apart: Any, here: Any) -> None:
    """Compare every value of the tree with what came back without its classes."""
    if isinstance(here, BaseModel):
        assert vars(apart).keys() == type(here).model_fields.keys()
        for name in type(here).model_fields:
            same(getattr(apart, name), getattr(here, name))
    elif isinstance(here, SecretStr):
        assert apart.get_secret_value() == here.get_secret_value()
        assert here.get_secret_value() not in repr(apart)
    elif isinstance(here, tuple):
        assert isinstance(apart, tuple)
        for ours, theirs in zip(apart, here, strict=True):
            same(ours, theirs)
    elif isinstance(here, dict):
        assert apart.keys() == here.keys()
        for key in here:
            same(apart[key], here[key])
    else:
        assert (type(apart), apart) == (type(here), here)


def test_what_comes_from_another_process_has_every_value_of_the_tree(folder: Path) -> None:
    path = folder / "config.yaml"
    path.write_text(
        MINIMAL + "rooms: {settings: {'!a:b': {threads: on, level: Collège}}}\n"
        "volunteers: [{user: '@a:b.fr', themes: [pix], zone: Réunion, hours: toujours}]\n"
        "school_holidays: {réunion: [{from: 2026-12-19, back: 2027-01-20}]}\n"
    )
    env = {**os.environ, "HELPBOT__PRIVACY__SOLVED_DAYS": "12"}
    here = load_settings(path, env)
    assert here.privacy.solved_days == 12
    same(SettingsApart(path, env).get(), here)


def test_every_problem_comes_from_another_process(folder: Path) -> None:
    (folder / "config.yaml").write_text("matrix: {homeserver: 1}\nlangue: fr\n")
    with pytest.raises(Problems) as here:
        load_settings(folder / "config.yaml", {})
    with pytest.raises(Problems) as apart:
        SettingsApart(folder / "config.yaml", dict(os.environ)).get()
    assert apart.value.found == here.value.found
    assert len(here.value.found) > 2


def test_settings_are_read_here_where_no_other_process_can_be_had(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "config.yaml").write_text(MINIMAL)
    for program in (str(folder / "none"), "/bin/false"):
        monkeypatch.setattr(sys, "executable", program)
        same(SettingsApart(folder / "config.yaml", {}).get(), load_settings(folder / "config.yaml", {}))


def test_running_needs_nothing_that_checks_settings() -> None:
    code = "import sys, helpbot.cli.run, helpbot.bootstrap; sys.exit('pydantic' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("port", [":port", ":0", ":99999"])
@pytest.mark.parametrize(
    "text",
    [
        "matrix: {homeserver: 'https://exemple.fr<port>', user_id: '@bot:exemple.fr', password: x}\n",
        "semantic: {endpoint: 'https://exemple.fr<port>/v1', model: x}\n",
        "publishing: {site: 'https://exemple.fr<port>/faq/'}\n",
    ],
)
@pytest.mark.usefixtures("folder")
def test_an_address_whose_port_is_none_is_refused_wherever_it_stands(text: str, port: str) -> None:
    minimal = "" if text.startswith("matrix") else MINIMAL
    assert [p for p in problems(minimal + text.replace("<port>", port)) if "n'est pas une adresse web" in p]


@pytest.mark.parametrize(
    ("semantic", "says"),
    [
        (
            "{folder: m, endpoint: 'http://127.0.0.1:8080/v1', model: x}",
            "folder et endpoint ne vont pas ensemble",
        ),
        ("{endpoint: 'http://127.0.0.1:8080/v1'}", "endpoint demande model"),
        ("{endpoint: 'http://exemple.fr/v1', model: x}", "les questions y passeraient en clair"),
        ("{endpoint: exemple, model: x}", "n'est pas une adresse web"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_where_vectors_come_from_is_one_place(semantic: str, says: str) -> None:
    assert [p for p in problems(f"{MINIMAL}semantic: {semantic}\n") if says in p]


def test_a_model_of_the_operator(folder: Path) -> None:
    (folder / "cle").write_text("sésame\n")
    text = f"{MINIMAL}semantic: {{endpoint: 'https://exemple.fr/v1/', model: x, key_file: cle}}\n"
    semantic = load(text).semantic
    assert semantic.endpoint == "https://exemple.fr/v1"
    assert semantic.key is not None
    assert semantic.key.get_secret_value() == "sésame"
    assert load(f"{MINIMAL}semantic: {{folder: m}}\n").semantic.folder == folder / "m"
