"""Secret storage: the written form of a key, and what only the right key opens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpbot.adapters.matrix.ssss import RecoveryKey, WrongKey

# As other clients' documentation writes them down; each carries a check sum of its own.
WRITTEN = "EsTj 3yST y93F SLpB jJsz eAXc 2XzA ygD3 w69H fGaN TKBj jXEd"
RAW = bytes.fromhex("8da2453dc22b51355ad77ab75b3e9863af7f4a7bc4af0ce8865b57e2d02196d1")
keys = st.binary(min_size=32, max_size=32).map(RecoveryKey)


def test_the_written_form_is_that_of_other_clients() -> None:
    assert RecoveryKey(RAW).text() == WRITTEN
    assert RecoveryKey.parse(f" {WRITTEN.replace(' ', '')}\n") == RecoveryKey(RAW)
    assert "119" not in repr(RecoveryKey(RAW))


@given(keys)
def test_what_is_written_is_read_again(key: RecoveryKey) -> None:
    assert RecoveryKey.parse(key.text()) == key


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "too short"),
        (WRITTEN[:-2], "too short"),
        (WRITTEN + "A", "too long"),
        (WRITTEN.replace("EsTj", "EsTk"), "mistyped"),
        (WRITTEN.replace("y", "é"), "letter"),
    ],
)
def test_a_mistyped_key_is_told(text: str, why: str) -> None:
    with pytest.raises(WrongKey, match=why):
        RecoveryKey.parse(text)


@given(keys, st.text(), st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_a_secret_comes_back(key: RecoveryKey, name: str, secret: str) -> None:
    name = name.encode("utf-8", "replace").decode()
    assert key.open(name, key.seal(name, secret)) == secret


def test_only_the_right_key_and_name_open_it() -> None:
    key, other = RecoveryKey.new(), RecoveryKey.new()
    sealed = key.seal("m.cross_signing.master", "secret")
    assert "secret" not in str(sealed)
    with pytest.raises(WrongKey):
        other.open("m.cross_signing.master", sealed)
    with pytest.raises(WrongKey):
        key.open("m.cross_signing.self_signing", sealed)
    assert key.fits(key.description())
    assert not other.fits(key.description())


broken = st.one_of(
    st.none(),
    st.text(),
    st.dictionaries(
        st.sampled_from(["iv", "ciphertext", "mac", "algorithm"]), st.one_of(st.text(), st.integers())
    ),
)


@given(broken)
def test_whatever_is_stored_nothing_else_is_raised(stored: object) -> None:
    key = RecoveryKey.new()
    with pytest.raises(WrongKey):
        key.open("name", stored)
    if isinstance(stored, dict):
        assert not key.fits(stored)
