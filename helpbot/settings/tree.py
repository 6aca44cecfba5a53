"""The tree of settings. Every key has its default here; `config.yaml.example` documents them line by line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from helpbot.settings import values
from helpbot.settings.values import (
    Count,
    FilePath,
    Hours,
    Level,
    Minutes,
    Room,
    Share,
    Text,
    User,
    Zone,
    wrong,
)


class _Section(BaseModel):
    # Sections left out are validated too: their relative paths need the folder of the file.
    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, revalidate_instances="always"
    )


class Matrix(_Section):
    """The bot's account, and whom it talks with."""

    homeserver: Annotated[Text, AfterValidator(values.homeserver)]
    user_id: User
    password: SecretStr | None = None
    password_file: FilePath | None = None
    access_token: SecretStr | None = None
    access_token_file: FilePath | None = None
    device_id: Text | None = None
    recovery_key_file: FilePath | None = None
    trusted_servers: Annotated[
        tuple[Annotated[Text, AfterValidator(values.server_glob)], ...], Field(default=None)
    ]
    ignored_users: tuple[Annotated[Text, AfterValidator(values.user_glob)], ...] = ()
    max_sends_per_second: Annotated[float, Field(gt=0, le=1_000_000)] = 1.0

    @field_validator("device_id")
    @classmethod
    def _one_way_to_log_in(cls, value: str | None, info: ValidationInfo) -> str | None:
        if not {"password", "access_token"} <= info.data.keys():
            return value  # a problem of their own
        password, token = info.data["password"], info.data["access_token"]
        if password and token:
            raise wrong("password et access_token ne vont pas ensemble", "gardez l'un des deux", at=("..",))
        if not (password or token):
            hint = "donnez password, password_file, ou access_token avec device_id"
            raise wrong("rien ne permet de se connecter", hint, at=("..",))
        if token and not value:
            raise wrong(
                "access_token demande device_id", "les deux viennent de la même connexion", at=("..",)
            )
        return value

    @field_validator("trusted_servers", mode="before")
    @classmethod
    def _own_server(cls, value: object, info: ValidationInfo) -> object:
        own = info.data.get("user_id", "@:*").partition(":")[2]
        return (own,) if value is None else value


class StoreSettings(_Section):
    """Where the database is."""

    url: Annotated[SecretStr, AfterValidator(values.database)] | None = None
    url_file: FilePath | None = None


class SchoolBreak(_Section):
    """School holidays given by the operator."""

    model_config = ConfigDict(populate_by_name=True)

    name: Text = "vacances"
    first: Annotated[date, Field(alias="from")]
    back: date

    @field_validator("back")
    @classmethod
    def _after_first(cls, value: date, info: ValidationInfo) -> date:
        first = info.data.get("first", value)
        if not 0 < (value - first).days <= 100 and "first" in info.data:
            raise wrong("back (la reprise) doit suivre from, de 100 jours au plus")
        return value


class RoomSettings(_Section):
    """How the bot behaves in one room, and whose room it is."""

    listen: bool = False
    threads: Annotated[Literal["off", "on"], BeforeValidator(values.off_is_text)] = "off"
    route: Literal["ask", "toujours"] = "ask"
    school: Text | None = None
    academie: Text | None = None
    level: Level | None = None


class Rooms(_Section):
    """The rooms that have a part to play."""

    review: Room | None = None
    volunteers: Room | None = None
    settings: Mapping[Room, RoomSettings] = Field(default_factory=dict)


class Semantic(_Section):
    """Where vectors of texts come from; None everywhere: words alone decide."""

    folder: FilePath | None = None
    endpoint: Annotated[Text, AfterValidator(values.endpoint)] | None = None
    model: Text | None = None
    key: SecretStr | None = None
    key_file: FilePath | None = None

    @field_validator("model")
    @classmethod
    def _one_source(cls, value: str | None, info: ValidationInfo) -> str | None:
        if not {"folder", "endpoint"} <= info.data.keys():
            return value  # a problem of their own
        folder, endpoint = info.data["folder"], info.data["endpoint"]
        if folder and endpoint:
            raise wrong("folder et endpoint ne vont pas ensemble", "gardez l'un des deux", at=("..",))
        if endpoint and not value:
            raise wrong("endpoint demande model", "donnez le nom que le serveur connaît")
        return value


class Answering(_Section):
    """When the FAQ answers by itself; None: the calibrated thresholds."""

    answer_at: Share | None = None
    clarify_at: Share | None = None

    @field_validator("clarify_at")
    @classmethod
    def _below_answer_at(cls, value: float | None, info: ValidationInfo) -> float | None:
        answer_at = info.data.get("answer_at")
        if value is not None and answer_at is not None and value > answer_at:
            raise wrong("clarify_at dépasse answer_at", "le bot demande une précision avant d'être sûr")
        return value


class WaitMinutes(_Section):
    """How long a volunteer is waited for: their usual time, kept between two bounds."""

    first: Minutes = 20
    min: Minutes = 10
    max: Minutes = 45

    @field_validator("max")
    @classmethod
    def _in_order(cls, value: int, info: ValidationInfo) -> int:
        first, least = info.data.get("first", value), info.data.get("min", 1)
        if not least <= first <= value:
            raise wrong("les attentes doivent suivre min ≤ first ≤ max", at=("..",))
        return value


class Caps(_Section):
    """How often one volunteer is asked, at most."""

    day: Count = 2
    week: Count = 4
    open: Count = 1

    @field_validator("week")
    @classmethod
    def _at_least_a_day(cls, value: int, info: ValidationInfo) -> int:
        if value < info.data.get("day", 1):
            raise wrong("le plafond de la semaine est sous celui du jour", at=("..",))
        return value


class Routing(_Section):
    """How a volunteer is looked for."""

    waves: Annotated[tuple[Annotated[int, Field(ge=1, le=10)], ...], Field(min_length=1)] = (1, 1, 2)
    wait_minutes: WaitMinutes = WaitMinutes()
    caps: Caps = Caps()
    claim_silence_minutes: Minutes = 60
    open_hours: Hours = "lun-ven 08:00-18:00"
    expire_school_days: Annotated[int, Field(ge=1, le=60)] = 5


class Volunteer(_Section):
    """A volunteer named by the operator. Without hours or zone of their own: those of the bot."""

    user: User
    themes: Annotated[tuple[Text, ...], Field(min_length=1)]
    hours: Hours | None = None
    zone: Zone | None = None
    school: Text | None = None
    academie: Text | None = None
    level: Level | None = None


class Privacy(_Section):
    """How long what is kept, and who answers for it."""

    pseudonym_key_file: FilePath = Path("pseudonym.key")
    unsolved_days: Count = 30
    solved_days: Count = 90
    help_log_months: Count = 6
    controller: Text | None = None
    dpo: Text | None = None

    @field_validator("pseudonym_key_file", mode="before")
    @classmethod
    def _beside_the_file(cls, value: object) -> object:
        return "pseudonym.key" if value is None else value


class Publishing(_Section):
    """How the FAQ's files are changed from the chat."""

    git: Annotated[Literal["off", "commit", "push"], BeforeValidator(values.off_is_text)] = "off"
    alone: bool = False
    check_sources: bool = False
    site: Annotated[Text, AfterValidator(values.web_folder)] | None = None


class Badge(_Section):
    """Who answers for the badges that people ask for; without an issuer there are none."""

    issuer: Annotated[Text, AfterValidator(values.website)] | None = None
    name: Text | None = None
    key_file: FilePath = Path("badge.key")

    @field_validator("name")
    @classmethod
    def _named(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("issuer") and not value:
            raise wrong(
                "badge.issuer demande badge.name", "le nom de l'organisme, tel qu'il figure sur le badge"
            )
        return value

    @field_validator("key_file", mode="before")
    @classmethod
    def _beside_the_file(cls, value: object) -> object:
        return "badge.key" if value is None else value


class Metrics(_Section):
    """Where figures and health are served; None: nowhere."""

    listen: Annotated[Text, AfterValidator(values.listen)] | None = None


class Settings(_Section):
    """Everything that the operator decides."""

    matrix: Matrix
    data_dir: FilePath = Path("data")
    store: StoreSettings = StoreSettings()
    faq: FilePath = Path("faq")
    language: Literal["fr"] = "fr"
    timezone: Annotated[Text, AfterValidator(values.timezone)] = "Europe/Paris"
    school_zone: Zone | None = "A"
    school_holidays: Mapping[Zone, tuple[SchoolBreak, ...]] = Field(default_factory=dict)
    referents: tuple[User, ...] = ()
    operators: tuple[User, ...] = ()
    rooms: Rooms = Rooms()
    answering: Answering = Answering()
    semantic: Semantic = Semantic()
    routing: Routing = Routing()
    volunteers: tuple[Volunteer, ...] = ()
    privacy: Privacy = Privacy()
    publishing: Publishing = Publishing()
    badge: Badge = Badge()
    metrics: Metrics = Metrics()

    @field_validator("volunteers")
    @classmethod
    def _each_once(cls, value: tuple[Volunteer, ...]) -> tuple[Volunteer, ...]:
        users = [volunteer.user for volunteer in value]
        for number, user in enumerate(users):
            if user in users[:number]:
                raise wrong(f"{user} figure deux fois", "gardez une seule ligne", at=(str(number), "user"))
        return value

    @field_validator("privacy")
    @classmethod
    def _key_apart(cls, value: Privacy, info: ValidationInfo) -> Privacy:
        data_dir, key = info.data.get("data_dir"), value.pseudonym_key_file
        if data_dir and key.resolve().is_relative_to(data_dir.resolve()):
            what = "la clé des pseudonymes doit rester hors de data_dir et de ses sauvegardes"
            raise wrong(what, "déplacez-la, par exemple à côté de ce fichier", at=("pseudonym_key_file",))
        return value

    @field_validator("badge")
    @classmethod
    def _badge_key_apart(cls, value: Badge, info: ValidationInfo) -> Badge:
        data_dir = info.data.get("data_dir")
        if data_dir and value.key_file.resolve().is_relative_to(data_dir.resolve()):
            what = "la clé des badges doit rester hors de data_dir et de ses sauvegardes"
            raise wrong(what, "déplacez-la, par exemple à côté de ce fichier", at=("key_file",))
        return value
