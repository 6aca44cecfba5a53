"""One real Synapse for all these tests; each test has users of its own on it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from stage import Stage

from helpbot.testing.synapse import LocalSynapse


@pytest.fixture(scope="session")
def synapse() -> Iterator[LocalSynapse]:
    with LocalSynapse() as hs:
        yield hs


@pytest.fixture
def stage(synapse: LocalSynapse, tmp_path: Path, runner: asyncio.Runner) -> Iterator[Stage]:
    stage = Stage(synapse, tmp_path)
    yield stage
    runner.run(stage.close())
