"""What the system's allocator would keep, given back. Says nothing where it is not glibc's."""

from __future__ import annotations

import ctypes
import gc

_M_ARENA_MAX = -8


def use_one_arena() -> None:
    """Have threads share their free memory: to be called before there are any.

    glibc gives each thread an arena of its own, from which little comes back. The interpreter's lock lets
    them allocate one at a time anyway.
    """
    _call("mallopt", _M_ARENA_MAX, 1)


def give_back() -> None:
    """Return to the system what is free inside the process."""
    gc.collect()
    _call("malloc_trim", 0)


def _call(name: str, *arguments: int) -> None:
    try:
        getattr(ctypes.CDLL(None), name)(*arguments)
    except (AttributeError, OSError, TypeError):  # musl, macOS, Windows: nothing to ask for
        return
