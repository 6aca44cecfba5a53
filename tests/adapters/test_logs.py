"""What is logged, how, and what never is."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from helpbot.adapters.logs import set_up_logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_lines() -> None:
    stream = io.StringIO()
    set_up_logs(json=True, stream=stream)
    structlog.get_logger("helpbot").info("ready", rooms=3)
    logging.getLogger("nio").info("chatter")
    logging.getLogger("nio").warning("trouble with %s", "a key")
    assert stream.getvalue().startswith('{"event": "ready", ')
    ready, nio = lines(stream)
    assert ready["event"] == "ready"
    assert (ready["rooms"], ready["level"]) == (3, "info")
    assert (nio["event"], nio["logger"]) == ("trouble with a key", "nio")


def test_lines_for_people() -> None:
    stream = io.StringIO()
    set_up_logs(json=False, stream=stream)
    structlog.get_logger().info("ready", rooms=3)
    assert "ready" in stream.getvalue()
    assert "rooms=3" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize("as_json", [True, False])
def test_no_name_is_written(*, as_json: bool) -> None:
    stream = io.StringIO()
    set_up_logs(json=as_json, stream=stream)
    person = "@lea.martin-ac-lyon.fr:agent.education.tchap.gouv.fr"
    log = structlog.get_logger()
    log.info(f"hello {person}", who=person, many=[person], deep={person: {"x": (person, 1)}})  # noqa: G004
    log.warning("odd", error=ValueError(f"no such user {person}"))
    logging.getLogger("aiohttp").error("%s failed", person)
    try:
        raise RuntimeError(person)
    except RuntimeError:
        log.exception("crash")
    assert "lea" not in stream.getvalue()
    assert "@…:agent.education.tchap.gouv.fr" in stream.getvalue()
