"""Noticing that FAQ files changed, whatever the editor does (rename, truncate, replace)."""

from __future__ import annotations

from pathlib import Path

Signature = tuple[tuple[str, int, int, int], ...]


def signature(folder: Path) -> Signature:
    """Return what tells one state of the folder from another: names, inodes, sizes and times.

    A folder of some files read every two seconds costs nothing, and works on network drives and
    mounted volumes, where change notifications do not.
    """
    found = []
    for path in sorted(folder.glob("*.y*ml")):
        try:
            stat = path.stat()
        except OSError:  # gone between listing and looking
            continue
        found.append((path.name, stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return tuple(found)
