"""The worlds on which the contract of `Homeserver` is checked: in memory, and on a real Synapse."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from worlds import FakeWorld, World

from helpbot.testing.synapse import LocalSynapse


@pytest.fixture(scope="session")
def synapse() -> Iterator[LocalSynapse]:
    """One Synapse for the whole run."""
    with LocalSynapse() as server:
        yield server


@pytest.fixture(
    params=[
        "fake-plain",
        "fake-encrypted",
        pytest.param("synapse-plain", marks=[pytest.mark.synapse, pytest.mark.slow]),
        pytest.param("synapse-encrypted", marks=[pytest.mark.synapse, pytest.mark.slow]),
    ]
)
def world(request: pytest.FixtureRequest, runner: asyncio.Runner, tmp_path: Path) -> Iterator[World]:
    """A homeserver with the bot's account, fresh for each test."""
    where, _, how = request.param.partition("-")
    encrypted = how == "encrypted"
    if where == "fake":
        yield FakeWorld(encrypted=encrypted)
        return
    # Imported here, so that the fake alone runs without the encryption libraries.
    from synapse_world import SynapseWorld

    real = SynapseWorld(request.getfixturevalue("synapse"), tmp_path, encrypted=encrypted)
    try:
        yield runner.run(real.start())
    finally:
        runner.run(real.close())
