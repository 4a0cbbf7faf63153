"""How every Kafka client proves who it is and who it speaks to.

In: the settings. Out: the client's own names for them, to be merged into the configuration of each producer, consumer
and admin client; nothing at all for a cluster without encryption and passwords. Nothing here is logged.
"""

from collections.abc import Mapping
from typing import Final

from analytics_hub.domain.errors import Broken
from analytics_hub.settings import KafkaSettings

Security = Mapping[str, str]
OPEN: Final[Security] = {}
"""Of a cluster that asks nobody who they are, as the broker for development."""


def security_config(kafka: KafkaSettings) -> Security:
    """Raises Broken for a file of certificates that cannot be read: the client would say so much later."""
    if kafka.security_protocol == "PLAINTEXT":
        return OPEN
    config = {"security.protocol": kafka.security_protocol.lower()}
    if kafka.ssl_ca_file is not None:
        path = kafka.ssl_ca_file.expanduser()
        if not path.is_file():
            raise Broken("bad_kafka_settings", f"HUB_KAFKA_SSL_CA_FILE: there is no file {path}")
        config["ssl.ca.location"] = str(path)
    if kafka.sasl_mechanism is not None:
        config["sasl.mechanism"] = kafka.sasl_mechanism
    if kafka.sasl_username is not None and kafka.sasl_password is not None:
        config["sasl.username"] = kafka.sasl_username
        config["sasl.password"] = kafka.sasl_password.get_secret_value()
    return config
