"""The table of verbs: what is listed, what is imported, and how a run ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import helpbot.cli
from helpbot import __version__
from helpbot.cli import VERBS, main
from helpbot.core.problems import Problem, Problems

FILES = {p.stem for p in Path(helpbot.cli.__file__).parent.glob("[!_]*.py")}


def call(*args: str) -> Result:
    return CliRunner().invoke(main, args)


def test_every_file_is_a_verb_of_the_table_and_the_help_lists_it() -> None:
    assert set(VERBS) >= FILES
    listed = main.list_commands(click.Context(main))
    assert set(listed) == FILES
    text = call("--help").stdout
    assert all(f"  {verb} " in text for verb in listed)


@pytest.mark.parametrize("verb", sorted(FILES))
def test_every_verb_has_a_command_of_its_name_with_a_french_help(verb: str) -> None:
    command = getattr(import_module(f"helpbot.cli.{verb}"), verb)
    assert command.name == verb
    assert len(command.help) > 20
    result = call(verb, "--help")
    assert result.exit_code == 0
    hidden = [p.name for p in command.params if isinstance(p, click.Option) and not p.help]
    assert not hidden, "options without a line of help"


def test_version() -> None:
    assert call("--version").stdout == f"helpbot, version {__version__}\n"


def test_an_unknown_verb_is_a_usage_error_with_a_suggestion() -> None:
    result = call("askk")
    assert result.exit_code == 2
    assert "commande inconnue «\u00a0askk\u00a0»\u00a0; vouliez-vous dire «\u00a0ask\u00a0»" in result.stderr
    assert result.stdout == ""


def test_problems_go_to_stderr_one_a_line_and_end_with_2(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def broken() -> None:
        raise Problems([Problem("config.yaml:1", "un", "deux"), Problem("config.yaml:2", "trois")])

    monkeypatch.setattr(type(main), "get_command", lambda *_: broken)
    monkeypatch.setattr(type(main), "list_commands", lambda *_: ["broken"])
    result = call("broken")
    assert result.exit_code == 2
    assert result.stderr == "config.yaml:1: un; deux\nconfig.yaml:2: trois\n"
    assert result.stdout == ""


def test_the_table_and_ask_import_nothing_heavy() -> None:
    code = (
        "import sys, helpbot.cli, helpbot.cli.ask, helpbot.adapters.faqfiles.load;"
        "heavy = {'nio', 'sqlalchemy', 'aiohttp', 'pydantic', 'synapse', 'alembic'};"
        "print(heavy & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_poor_terminal_gets_question_marks() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "helpbot", "--help"],
        capture_output=True,
        check=True,
        env={"PYTHONIOENCODING": "iso8859-5", "PYTHONPATH": str(Path(helpbot.__file__).parent.parent)},
    )
    assert b"helpbot r?pond" in done.stdout


def paths(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from paths(below, *path, name)


def test_all_help_is_french_and_no_line_of_it_is_cut() -> None:
    for path in paths(main):
        result = call(*path, "--help")
        assert result.exit_code == 0
        assert "Show this message" not in result.output
        assert "Commands:" not in result.output
        cut = [line for line in result.output.splitlines() if line.endswith("...")]
        assert all(line.startswith("Usage") for line in cut), path
