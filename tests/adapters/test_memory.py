"""Asking the allocator, where there is one that can be asked."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

from helpbot.adapters.memory import give_back, use_one_arena


class _Allocator:
    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []

    def malloc_trim(self, pad: int) -> int:
        self.asked.append(("malloc_trim", pad))
        return 1

    def mallopt(self, option: int, value: int) -> int:
        self.asked.append(("mallopt", option, value))
        return 1


def test_glibc_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    allocator = _Allocator()
    monkeypatch.setattr(ctypes, "CDLL", lambda _: allocator)
    use_one_arena()
    give_back()
    assert allocator.asked == [("mallopt", -8, 1), ("malloc_trim", 0)]


def test_elsewhere_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    use_one_arena()
    give_back()

    def refuse(_: Any) -> object:
        raise TypeError

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    give_back()
