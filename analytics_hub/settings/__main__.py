"""`python -m analytics_hub.settings` prints docs/settings.md; with `--check` it validates the environment."""

import sys

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.settings import load_settings, markdown


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        try:
            load_settings()
        except InvalidInput as error:
            sys.stderr.write(f"{error}\n")
            return 1
        return 0
    sys.stdout.write(markdown())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
