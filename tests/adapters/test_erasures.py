"""The journal of erasures: appended to, readable after any crash, never silently short."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpbot.adapters.erasures import FileJournal, journal_beside
from helpbot.core.erasure import Erasure, mentions, others_masked, users_in, without
from helpbot.core.ids import UserId

ONE, TWO = Erasure("a" * 32, 1000), Erasure("b" * 32, 2000)


def test_what_is_added_is_read_oldest_first(tmp_path: Path) -> None:
    journal = journal_beside(tmp_path / "keys" / "pseudonym.key")
    assert journal.read() == []
    journal.add([TWO])
    journal.add([])
    journal.add([ONE, TWO])
    assert journal.read() == [ONE, TWO, TWO]
    assert journal.path == tmp_path / "keys" / "pseudonym.key.erasures"
    assert journal.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kept", range(len(f"2000 {'b' * 32}")))
def test_a_line_that_was_cut_short_hides_no_other(tmp_path: Path, kept: int) -> None:
    journal = FileJournal(tmp_path / "erasures")
    journal.add([ONE])
    with journal.path.open("a") as file:
        file.write(f"2000 {'b' * 32}"[:kept])
    assert journal.read() == [ONE]
    journal.add([TWO])
    assert journal.read() == [ONE, TWO]


def test_a_damaged_line_is_told_with_its_number(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "erasures")
    journal.path.write_text(f"1000 {'a' * 32}\nhello there world\n")
    with pytest.raises(ValueError, match=r"erasures:2: not an erasure"):
        journal.read()


def test_an_id_is_found_whole_and_only_whole() -> None:
    lea = "@lea:exemple.fr"
    for text in (
        "@lea:exemple.fr",
        "offer/@lea:exemple.fr",
        "(@lea:exemple.fr).",
        "dit @lea:exemple.fr: oui",
    ):
        assert mentions(text, lea)
        assert lea not in without(text, lea, "erased-1")
    for text in ("@lea:exemple.fr.net", "@lea:exemple.fr:8448", "@lea:exemple.fra", "@lea:exemple.fr-x.net"):
        assert not mentions(text, lea)
        assert without(text, lea, "erased-1") == text
    assert users_in("a @lea:exemple.fr, b @sam:test.") == {UserId(lea), UserId("@sam:test")}
    assert others_masked("@lea:exemple.fr @sam:test", UserId(lea), "X") == "@lea:exemple.fr X"
