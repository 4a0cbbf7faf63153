"""The text of keys: what holds, what does not, and what is never said."""

import pytest

from analytics_hub.tenancy.key_text import new_key_text, read_key_text


def some_key() -> str:
    return new_key_text(lambda size: bytes(range(size))).text


def test_a_new_key_reads_back_as_itself() -> None:
    key = new_key_text()
    assert read_key_text(key.text) == key


def test_two_keys_share_nothing() -> None:
    first, second = new_key_text(), new_key_text()
    assert first.prefix != second.prefix
    assert first.key_hash != second.key_hash


def test_every_single_changed_character_breaks_the_checksum() -> None:
    text = some_key()
    for at, character in enumerate(text):
        wrong = "b" if character == "a" else "a"
        assert read_key_text(text[:at] + wrong + text[at + 1 :]) is None


@pytest.mark.parametrize(
    "text", ["", "hub_", "Bearer x", some_key() + "0", some_key().upper(), " " + some_key(), "\0"]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    assert read_key_text(text) is None


def test_the_secret_does_not_show_when_a_key_is_printed() -> None:
    key = new_key_text()
    assert key.text.split("_")[2] not in repr(key)
