"""People are named letter by letter, as their issuer names them."""

import pytest

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.member import Person


@pytest.mark.parametrize("subject", ["", " ann", "ann ", "a\0n", "a\nn", "x" * 256])
def test_a_subject_that_is_none_is_refused(subject: str) -> None:
    with pytest.raises(InvalidInput, match="bad_subject"):
        Person("https://login.example", subject)


@pytest.mark.parametrize("issuer", ["", "https://login.example\n", "x" * 501])
def test_an_issuer_that_is_none_is_refused(issuer: str) -> None:
    with pytest.raises(InvalidInput, match="bad_issuer"):
        Person(issuer, "ann")


def test_a_subject_may_be_in_any_script() -> None:
    assert Person("https://login.example", "Ånn 李 #1").subject == "Ånn 李 #1"
