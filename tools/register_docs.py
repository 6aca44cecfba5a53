"""Write docs/donnees.md from the data register: `make docs`. A test compares the two."""

from __future__ import annotations

from pathlib import Path

from helpbot.texts.register import load_register

TARGET = Path(__file__).parent.parent / "docs" / "donnees.md"


def render() -> str:
    """Return the whole page."""
    return load_register().page()


if __name__ == "__main__":
    TARGET.write_text(render(), "utf-8")
