"""docker-compose.yml agrees with the settings: who starts it needs to tell the hub only where the database is."""

import re
from pathlib import PurePosixPath
from typing import Any

import pytest
import yaml

from analytics_hub.settings import default_settings
from ingest.broker.jars import KAFKA_VERSION
from tests.contract.tree import ROOT, text_of

KAFKA = default_settings().kafka


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = compose["services"]
    return found


def _listeners(kafka: dict[str, Any], name: str) -> dict[str, str]:
    """Address by listener name."""
    pairs: list[str] = kafka["environment"][name].split(",")
    return dict(pair.split("://") for pair in pairs)


def test_the_broker_is_reached_at_the_default_address(services: dict[str, Any]) -> None:
    kafka = services["kafka"]
    assert KAFKA.bootstrap_servers in _listeners(kafka, "KAFKA_ADVERTISED_LISTENERS").values()
    assert kafka["ports"] == [f"{KAFKA.bootstrap_servers}:{KAFKA.bootstrap_servers.split(':')[1]}"]


def test_every_listener_has_a_protocol(services: dict[str, Any]) -> None:
    kafka = services["kafka"]
    protocols = dict(
        pair.split(":") for pair in kafka["environment"]["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")
    )
    assert protocols.keys() == _listeners(kafka, "KAFKA_LISTENERS").keys()


def test_the_topic_is_that_of_the_settings(services: dict[str, Any]) -> None:
    said = dict(part.split("=") for part in services["kafka-topics"]["command"] if part.count("=") == 1)
    assert (said["--topic"], int(said["--partitions"])) == (KAFKA.topic, KAFKA.partitions)
    inside = _listeners(services["kafka"], "KAFKA_ADVERTISED_LISTENERS")["INSIDE"]
    assert said["--bootstrap-server"] == inside


def test_the_broker_is_the_version_that_is_tested(services: dict[str, Any]) -> None:
    images = {name: one["image"] for name, one in services.items() if name.startswith("kafka")}
    assert set(images.values()) == {f"apache/kafka:{KAFKA_VERSION}"}


@pytest.mark.parametrize("name", ["kafka", "timescaledb"])
def test_a_server_is_asked_for_its_health_and_keeps_its_data(name: str, services: dict[str, Any]) -> None:
    server = services[name]
    assert server["healthcheck"]["test"]
    assert server["volumes"]


def test_nothing_listens_beyond_this_machine(services: dict[str, Any]) -> None:
    ports = [port for one in services.values() for port in one.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_database_is_made_by_the_files_and_for_the_roles_of_the_storage(compose: dict[str, Any]) -> None:
    script = compose["configs"]["make-database"]["content"]
    mounted = "./analytics_hub/storage/sql:/hub:ro"
    assert mounted in compose["services"]["timescaledb"]["volumes"]
    for name in re.findall(r"-f /hub/(\S+)", script):
        assert (ROOT / "analytics_hub" / "storage" / "sql" / name).is_file()
    listed = re.search(r"for role in (.+); do", script)
    assert listed is not None
    assert listed[1].split() == re.findall(
        r"^ALTER ROLE (\w+) LOGIN;$",
        text_of(PurePosixPath("analytics_hub/storage/sql/bootstrap_server.sql")),
        re.MULTILINE,
    )


def test_the_page_gives_the_addresses_of_that_database() -> None:
    page = text_of(PurePosixPath("docs/kafka.md"))
    for role in ("owner", "writer", "maint", "reader"):
        assert f"export HUB_{role.upper()}_DSN=postgresql://hub_{role}:hub_{role}@127.0.0.1:5432/hub" in page
