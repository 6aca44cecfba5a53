"""The steps of a verification by emojis, against a client that follows the specification to the letter."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import vodozemac
import yaml
from hypothesis import given
from hypothesis import strategies as st

import helpbot.data
from helpbot.adapters.matrix.sas import Dialog, Party, Phase, Step

BOT = Party("@helpbot:test", "BOT", "botdevicekey", "botmasterkey")
ANNE = Party("@anne:test", "PHONE", "annedevicekey", "annemasterkey")
OFFERED = {
    "from_device": "PHONE",
    "method": "m.sas.v1",
    "key_agreement_protocols": ["curve25519-hkdf-sha256"],
    "hashes": ["sha256"],
    "message_authentication_codes": ["hkdf-hmac-sha256.v2", "hkdf-hmac-sha256"],
    "short_authentication_string": ["decimal", "emoji"],
}


class Starter:
    """The side that begins, written from the specification alone."""

    def __init__(self, transaction: str = "$asked", start: dict[str, Any] | None = None) -> None:
        self.transaction = transaction
        self.start = {**OFFERED, **(start or {}), "transaction_id": transaction}
        self.sas = vodozemac.Sas()
        self.promise = ""
        self.secret: vodozemac.EstablishedSas | None = None
        self.shown: Any = None

    def key(self) -> dict[str, Any]:
        return {"key": self.sas.public_key.to_base64()}

    def accepted(self, content: dict[str, Any]) -> None:
        assert content["key_agreement_protocol"] == "curve25519-hkdf-sha256"
        assert content["message_authentication_code"] == "hkdf-hmac-sha256.v2"
        self.promise = content["commitment"]

    def shows(self, content: dict[str, Any]) -> None:
        started = json.dumps(self.start, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256((content["key"] + started).encode()).digest()
        assert self.promise == base64.b64encode(digest).decode().rstrip("=")
        ours, theirs = self.sas.public_key.to_base64(), content["key"]
        self.secret = self.sas.diffie_hellman(vodozemac.Curve25519PublicKey.from_base64(theirs))
        self.shown = self.secret.bytes(
            f"MATRIX_KEY_VERIFICATION_SAS|@anne:test|PHONE|{ours}|@helpbot:test|BOT|{theirs}|{self.transaction}"
        )

    def mac(self, keys: dict[str, str], *, by: str = "@anne:testPHONE@helpbot:testBOT") -> dict[str, Any]:
        assert self.secret is not None
        base = f"MATRIX_KEY_VERIFICATION_MAC{by}{self.transaction}"
        codes = {k: self.secret.calculate_mac(v, base + k) for k, v in keys.items()}
        return {"mac": codes, "keys": self.secret.calculate_mac(",".join(sorted(keys)), f"{base}KEY_IDS")}

    def own_mac(self) -> dict[str, Any]:
        return self.mac({"ed25519:PHONE": ANNE.device_key, "ed25519:annemasterkey": "annemasterkey"})


def dialog(*, in_room: bool = False) -> Dialog:
    return Dialog("$asked", BOT, ANNE, in_room=in_room)


def say(talk: Dialog, name: str, content: dict[str, Any]) -> list[Step]:
    return talk.hear(f"m.key.verification.{name}", content)


def compared(talk: Dialog, anne: Starter) -> None:
    """Bring both sides to where they look at their emojis."""
    [(kind, content)] = say(talk, "start", anne.start)
    assert kind == "m.key.verification.accept"
    anne.accepted(content)
    [(kind, content)] = say(talk, "key", anne.key())
    assert kind == "m.key.verification.key"
    anne.shows(content)
    assert talk.emojis == tuple(anne.shown.emoji_indices)
    assert talk.decimals == tuple(anne.shown.decimals)


def cancelled(talk: Dialog, steps: list[Step], code: str) -> bool:
    [(kind, content)] = steps
    assert (kind, content["code"]) == ("m.key.verification.cancel", code)
    assert (talk.phase, talk.code) == (Phase.CANCELLED, code)
    return talk.confirm() == say(talk, "done", {}) == []


@pytest.mark.parametrize("first", ["bot", "anne"])
def test_both_confirm_in_any_order(first: str) -> None:
    talk, anne = dialog(), Starter()
    assert talk.ready() == [
        (
            "m.key.verification.ready",
            {"from_device": "BOT", "methods": ["m.sas.v1"], "transaction_id": "$asked"},
        )
    ]
    compared(talk, anne)
    if first == "bot":
        [(_, mac)] = talk.confirm()
        assert [kind for kind, _ in say(talk, "mac", anne.own_mac())] == ["m.key.verification.done"]
    else:
        assert say(talk, "mac", anne.own_mac()) == []
        [(_, mac), (kind, _)] = talk.confirm()
        assert kind == "m.key.verification.done"
    expected = anne.mac(
        {"ed25519:BOT": BOT.device_key, "ed25519:botmasterkey": "botmasterkey"},
        by="@helpbot:testBOT@anne:testPHONE",
    )
    assert {k: mac[k] for k in ("mac", "keys")} == expected
    assert talk.phase is Phase.SHOWN
    assert say(talk, "done", {}) == []
    assert talk.phase is Phase.DONE


def test_in_a_room_every_step_relates_to_the_request() -> None:
    talk = dialog(in_room=True)
    [(_, content)] = talk.ready()
    assert content["m.relates_to"] == {"rel_type": "m.reference", "event_id": "$asked"}
    assert "transaction_id" not in content


def test_the_same_step_twice_is_heard_once() -> None:
    talk, anne = dialog(), Starter()
    compared(talk, anne)
    assert say(talk, "start", anne.start) == say(talk, "key", anne.key()) == []
    mac = anne.own_mac()
    assert say(talk, "mac", mac) == say(talk, "mac", mac) == []
    assert talk.phase is Phase.SHOWN


@pytest.mark.parametrize(
    "lacks",
    [
        {"method": "m.qr_code.scan.v1"},
        {"key_agreement_protocols": ["curve25519"]},
        {"hashes": ["md5"]},
        {"message_authentication_codes": ["hkdf-hmac-sha256"]},
        {"short_authentication_string": ["smoke"]},
    ],
)
def test_what_is_not_spoken_here_is_refused(lacks: dict[str, Any]) -> None:
    talk = dialog()
    assert cancelled(talk, say(talk, "start", Starter(start=lacks).start), "m.unknown_method")


def test_a_client_without_emojis_compares_numbers() -> None:
    talk, anne = dialog(), Starter(start={"short_authentication_string": ["decimal"]})
    [(_, content)] = say(talk, "start", anne.start)
    assert content["short_authentication_string"] == ["decimal"]
    say(talk, "key", anne.key())
    assert (talk.emojis, len(talk.decimals)) == ((), 3)


@pytest.mark.parametrize("name", ["key", "mac", "done", "accept", "ready", "unheard"])
def test_a_step_out_of_turn_ends_it(name: str) -> None:
    talk = dialog()
    assert cancelled(talk, say(talk, name, {"key": "a"}), "m.unexpected_message")


def test_another_device_must_not_go_on_with_it() -> None:
    talk = dialog()
    start = Starter(start={"from_device": "TABLET"}).start
    assert cancelled(talk, say(talk, "start", start), "m.user_error")


def test_different_emojis_are_refused_only_once_they_are_shown() -> None:
    talk, anne = dialog(), Starter()
    assert talk.refuse() == talk.confirm() == []
    compared(talk, anne)
    assert cancelled(talk, talk.refuse(), "m.mismatched_sas")


@pytest.mark.parametrize(
    "keys",
    [
        {"ed25519:PHONE": "another"},
        {"ed25519:PHONE": ANNE.device_key, "ed25519:annemasterkey": "another"},
        {"ed25519:annemasterkey": "annemasterkey"},  # the device that speaks is left out
        {},
    ],
    ids=["device", "master", "not-the-device", "nothing"],
)
def test_keys_that_the_server_does_not_list_end_it(keys: dict[str, str]) -> None:
    talk, anne = dialog(), Starter()
    compared(talk, anne)
    assert cancelled(talk, say(talk, "mac", anne.mac(keys)), "m.key_mismatch")


def test_a_key_added_to_the_list_on_the_way_ends_it() -> None:
    talk, anne = dialog(), Starter()
    compared(talk, anne)
    mac = anne.own_mac()
    mac["mac"]["ed25519:MORE"] = "A"
    assert cancelled(talk, say(talk, "mac", mac), "m.key_mismatch")


def test_codes_of_another_verification_do_not_fit() -> None:
    talk, anne = dialog(), Starter()
    compared(talk, anne)
    anne.transaction = "$another"
    assert cancelled(talk, say(talk, "mac", anne.own_mac()), "m.key_mismatch")


def test_a_key_that_makes_no_secret_ends_it() -> None:
    talk, anne = dialog(), Starter()
    say(talk, "start", anne.start)
    assert cancelled(talk, say(talk, "key", {"key": "A" * 43}), "m.invalid_message")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda v: st.lists(v, max_size=3)
)
_NAMES = st.sampled_from(["start", "key", "mac", "done", "cancel", "accept", "ready"])
_FIELDS = [*OFFERED, "key", "mac", "keys", "code"]


@given(
    st.lists(st.tuples(_NAMES, st.dictionaries(st.sampled_from(_FIELDS), _JSON)), max_size=8), st.booleans()
)
def test_nothing_that_a_stranger_sends_raises(heard: list[tuple[str, dict[str, Any]]], shown: bool) -> None:
    talk, anne = dialog(), Starter()
    if shown:
        compared(talk, anne)
    for name, content in heard:
        say(talk, name, content)
    assert talk.phase is not Phase.DONE


def test_the_table_has_the_specifications_emojis() -> None:
    """The order is checked against a real client in tests/synapse/test_verify.py."""
    table = yaml.safe_load((Path(helpbot.data.__file__).parent / "sas_emoji.yaml").read_text())
    assert len(table) == len({emoji for emoji, _ in table}) == len({name for _, name in table}) == 64
    assert [table[place] for place in (0, 10, 63)] == [["🐶", "Chien"], ["🐧", "Manchot"], ["📌", "Punaise"]]
