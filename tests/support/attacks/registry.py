"""What an attack is: a name, and a callable over a stage. One registry a door, so that attacks can be counted.

In: functions under `@on(REGISTRY)`, or rows of a table. Out: registries, each a dict from name to attack.
"""

from collections.abc import Callable
from typing import TypeVar

Attack = TypeVar("Attack", bound=Callable[..., object])


def on(registry: dict[str, Attack]) -> Callable[[Attack], Attack]:
    """Registers a function under its own name."""

    def add(attack: Attack) -> Attack:
        assert attack.__name__ not in registry, attack.__name__
        registry[attack.__name__] = attack
        return attack

    return add
