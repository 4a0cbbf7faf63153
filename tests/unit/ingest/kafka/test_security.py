"""Encryption and passwords towards Kafka: off unless asked for, whole or refused, in every client, never shown."""

from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from pydantic import ValidationError

from analytics_hub.domain.errors import Broken
from analytics_hub.settings import KafkaSettings, ProducerSettings
from ingest.kafka.producer import client_config
from ingest.kafka.security import security_config
from ingest.kafka.source import consumer_config
from ingest.kafka.topics import admin_client

LOGIN: dict[str, Any] = {
    "security_protocol": "SASL_SSL",
    "sasl_mechanism": "SCRAM-SHA-512",
    "sasl_username": "hub",
    "sasl_password": "hunter2",
}


def kafka(**changed: Any) -> KafkaSettings:
    return KafkaSettings(**changed)


def test_a_cluster_without_passwords_is_asked_for_none() -> None:
    assert security_config(kafka()) == {}


def test_a_login_is_told_in_the_clients_own_words() -> None:
    assert security_config(kafka(**LOGIN)) == {
        "security.protocol": "sasl_ssl",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "hub",
        "sasl.password": "hunter2",
    }


def test_encryption_alone_takes_the_named_certificates(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.touch()
    assert security_config(kafka(security_protocol="SSL", ssl_ca_file=file)) == {
        "security.protocol": "ssl",
        "ssl.ca.location": str(file),
    }


def test_certificates_that_are_not_there_are_told_before_any_client_starts(tmp_path: Path) -> None:
    with pytest.raises(Broken, match="HUB_KAFKA_SSL_CA_FILE"):
        security_config(kafka(security_protocol="SSL", ssl_ca_file=tmp_path / "none.pem"))


@pytest.mark.parametrize("config", ["producer", "consumer"])
def test_what_reads_and_what_writes_logs_in(config: str) -> None:
    settings = kafka(**LOGIN)
    made = (
        client_config(settings, ProducerSettings())
        if config == "producer"
        else consumer_config(settings, "hub-worker")
    )
    assert security_config(settings).items() <= made.items()


def test_the_client_understands_every_word_of_it() -> None:
    config = security_config(kafka(**LOGIN))
    admin_client("127.0.0.1:9", config)
    Producer({"bootstrap.servers": "127.0.0.1:9", "log_level": 0, **config})


@pytest.mark.parametrize("missing", ["sasl_mechanism", "sasl_username", "sasl_password"])
def test_half_a_login_is_refused_and_named(missing: str) -> None:
    with pytest.raises(ValidationError, match=missing):
        kafka(**{name: value for name, value in LOGIN.items() if name != missing})


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        (LOGIN | {"security_protocol": "SSL"}, "sasl_password"),
        ({"sasl_password": "hunter2"}, "sasl_password"),
        ({"ssl_ca_file": "ca.pem"}, "ssl_ca_file"),
        (LOGIN | {"security_protocol": "SASL_PLAINTEXT", "ssl_ca_file": "ca.pem"}, "ssl_ca_file"),
        (LOGIN | {"sasl_mechanism": "MD5"}, "sasl_mechanism"),
        ({"security_protocol": "TLS"}, "security_protocol"),
    ],
)
def test_what_would_not_be_used_is_refused(changed: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError, match=named) as refused:
        kafka(**changed)
    assert "hunter2" not in str(refused.value)


def test_the_password_is_never_shown() -> None:
    settings = kafka(**LOGIN)
    assert "hunter2" not in f"{settings!r} {settings} {settings.model_dump()}"
