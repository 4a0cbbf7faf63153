"""The files that a broker starts from: server.properties and the set-up of its log.

In: a data directory and two ports. Out: the texts. One node is broker and controller at once, listens on loopback
only and keeps one copy of everything: for development and tests. What production wants is in docs/kafka.md.
"""

from dataclasses import dataclass
from pathlib import Path

from analytics_hub.domain.errors import InvalidInput

HOST = "127.0.0.1"
NODE_ID = 1

_PROPERTIES = """# Written at every start by ingest/broker/config.py: changes made here are lost.
process.roles=broker,controller
node.id={node}
controller.quorum.voters={node}@{host}:{controller_port}
listeners=CLIENT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=CLIENT://{host}:{port}
listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENT
controller.listener.names=CONTROLLER
log.dirs={log_dirs}

# A misspelt topic is an error, as in production.
auto.create.topics.enable=false

# One node: one copy, and few partitions for what Kafka keeps for itself.
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1

# A consumer that comes gets its partitions at once, and one that dies loses them as soon as it asks for.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
group.consumer.min.session.timeout.ms=1000
group.consumer.min.heartbeat.interval.ms=500

# After kill -9 the same node is let in again when its session is over: the default of 9 s doubles a restart.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500

# Small: two cores, and a heap that the default cleaner buffer of 128 MB would half fill.
num.network.threads=2
num.io.threads=4
background.threads=2
log.cleaner.dedupe.buffer.size=4194304
"""

_LOG4J = """status = warn
shutdownHook = disable
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = {file}
appender.file.filePattern = {file}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{ISO8601}} %-5p %c{{1}} %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 16MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 3
rootLogger.level = info
rootLogger.appenderRef.file.ref = file
"""


@dataclass(frozen=True, slots=True)
class BrokerFiles:
    """Where a broker keeps what, below its data directory (an absolute path)."""

    directory: Path

    @property
    def lock(self) -> Path:
        return self.directory / "broker.lock"

    @property
    def log_dirs(self) -> Path:
        """The topics; Kafka calls its data a log."""
        return self.directory / "topics"

    @property
    def properties(self) -> Path:
        return self.directory / "server.properties"

    @property
    def log4j(self) -> Path:
        return self.directory / "log4j2.properties"

    @property
    def server_log(self) -> Path:
        return self.directory / "server.log"

    @property
    def console_log(self) -> Path:
        """What the JVM prints itself: mostly nothing, and the reason when it does not start."""
        return self.directory / "console.log"

    @property
    def formatted(self) -> bool:
        return (self.log_dirs / "meta.properties").exists()


def broker_files(data_dir: Path) -> BrokerFiles:
    """Makes the directory. Raises InvalidInput for a path that Kafka's list of directories cannot carry."""
    directory = data_dir.expanduser().absolute()
    if any(sign in str(directory) for sign in ",\\\n"):
        raise InvalidInput(
            "bad_data_dir",
            "HUB_BROKER_DATA_DIR",
            f"Kafka cannot use a path with comma or backslash: {directory}",
        )
    directory.mkdir(parents=True, exist_ok=True)
    return BrokerFiles(directory)


def write_config(files: BrokerFiles, port: int, controller_port: int) -> None:
    """Writes both files anew: the ports may be others than last time."""
    text = _PROPERTIES.format(
        node=NODE_ID, host=HOST, port=port, controller_port=controller_port, log_dirs=files.log_dirs
    )
    files.properties.write_text(text, encoding="utf-8")
    files.log4j.write_text(_LOG4J.format(file=files.server_log), encoding="utf-8")
