"""What is logged, how, and what never is."""

from __future__ import annotations

import io
import json
import logging
import sqlite3
from collections.abc import Iterator

import pytest

from helpbot.adapters.logs import set_up_logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_lines() -> None:
    stream = io.StringIO()
    set_up_logs(json=True, stream=stream)
    logging.getLogger("helpbot").info("ready", extra={"rooms": 3})
    logging.getLogger("alembic").info("chatter")
    logging.getLogger("alembic").warning("trouble with %s", "a table")
    assert stream.getvalue().startswith('{"event": "ready", ')
    ready, library = lines(stream)
    assert ready["event"] == "ready"
    assert (ready["rooms"], ready["level"]) == (3, "info")
    assert (library["event"], library["logger"]) == ("trouble with a table", "alembic")


def test_what_the_decryption_quotes_is_never_written() -> None:
    import helpbot.adapters.matrix.machine  # noqa: F401  (as `helpbot run` has it, before logs are set up)

    stream = io.StringIO()
    set_up_logs(json=True, verbose=True, stream=stream)
    logging.getLogger("nio.crypto.olm_machine").error("Invalid event: %s", "le secret de Léa")
    assert stream.getvalue() == ""


def test_lines_for_people() -> None:
    stream = io.StringIO()
    set_up_logs(json=False, stream=stream)
    logging.getLogger("helpbot").info("ready", extra={"rooms": 3})
    assert "ready" in stream.getvalue()
    assert "rooms=3" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_on_a_terminal_only() -> None:
    stream = Terminal()
    set_up_logs(json=False, stream=stream)
    logging.getLogger("helpbot").warning("gap too long", extra={"pages": 3, "why": "it was away"})
    assert (
        "\x1b[33mwarning \x1b[0m gap too long pages=3 why='it was away' logger=helpbot" in stream.getvalue()
    )


@pytest.mark.parametrize("as_json", [True, False])
def test_no_name_is_written(*, as_json: bool) -> None:
    stream = io.StringIO()
    set_up_logs(json=as_json, stream=stream)
    person = "@lea.martin-ac-lyon.fr:agent.education.tchap.gouv.fr"
    log = logging.getLogger("helpbot")
    given = {"who": person, "many": [person], "deep": {person: {"x": (person, 1)}}}
    log.info(f"hello {person}", extra=given)  # noqa: G004
    log.warning("odd", extra={"error": ValueError(f"no such user {person}")})
    logging.getLogger("aiohttp").error("%s failed", person)
    try:
        raise RuntimeError(person)
    except RuntimeError:
        log.exception("crash")
    assert "lea.martin" not in stream.getvalue()
    assert "@…:agent.education.tchap.gouv.fr" in stream.getvalue()


@pytest.mark.parametrize("as_json", [True, False])
def test_an_exception_is_told_without_what_it_quotes(*, as_json: bool) -> None:
    words = "mon élève Enzo"

    def fail() -> None:
        try:
            try:
                int(words)
            except ValueError as error:
                raise sqlite3.OperationalError("database is locked") from error
        except sqlite3.Error:
            raise ExceptionGroup(words, [KeyError(words), OSError(28, "No space left on device")])  # noqa: B904

    stream = io.StringIO()
    set_up_logs(json=as_json, stream=stream)
    try:
        fail()
    except ExceptionGroup:
        logging.getLogger("helpbot").exception("crash")
    written = stream.getvalue()
    assert "Enzo" not in written
    for said in (
        "builtins.ValueError",
        "sqlite3.OperationalError: database is locked",
        "which led to:",
        "in fail",
    ):
        assert said in written
    assert "builtins.KeyError" in written
    assert "builtins.OSError: No space left on device" in written
