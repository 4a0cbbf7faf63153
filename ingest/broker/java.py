"""The programs that a broker needs from the machine: `java` to run, `mvn` to fetch its jars.

In: PATH. Out: the path of a program that works, or Broken with how to get it (`no_java`, `old_java`, `no_maven`).
"""

import re
import shutil
import subprocess

from analytics_hub.domain.errors import Broken

JAVA_MAJOR_MIN = 17  # Kafka 4's broker is compiled for it
_VERSION_S = 30  # `java -version` takes 0.1 s; a busy machine takes longer
_GET_JAVA = "apt install openjdk-17-jre-headless, or brew install openjdk@17, then have `java` on PATH"
_GET_MAVEN = "apt install maven, or brew install maven, then have `mvn` on PATH"


def java_program() -> str:
    """A Java that can run the broker."""
    found = shutil.which("java")
    if found is None:
        raise Broken("no_java", f"Kafka needs Java {JAVA_MAJOR_MIN} or newer: {_GET_JAVA}")
    try:
        done = subprocess.run(
            [found, "-version"], capture_output=True, text=True, timeout=_VERSION_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Broken("no_java", f"{found} does not run ({error}): {_GET_JAVA}") from error
    version = re.search(r'version "(?:1\.)?(\d+)', done.stderr + done.stdout)
    if done.returncode != 0 or version is None:
        said = (done.stderr or done.stdout).strip()
        raise Broken("no_java", f"{found} does not say its version ({said}): {_GET_JAVA}")
    if int(version[1]) < JAVA_MAJOR_MIN:
        raise Broken(
            "old_java", f"{found} is Java {version[1]}, Kafka needs {JAVA_MAJOR_MIN} or newer: {_GET_JAVA}"
        )
    return found


def maven_program() -> str:
    """The Maven that fetches jars; it is asked for only when they are not there yet."""
    found = shutil.which("mvn")
    if found is None:
        raise Broken("no_maven", f"Kafka's jars come through Maven: {_GET_MAVEN}")
    return found
