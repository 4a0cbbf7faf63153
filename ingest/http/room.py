"""How many bytes of bodies may be in hand at a time: the collector's memory is bounded, whoever sends.

In: bytes that are about to come. Out: nothing, or TryLater when there is no room. What was taken is given back
when the body is answered.
"""

from typing import Final

from analytics_hub.domain.errors import TryLater

_RETRY_AFTER_S: Final = 1.0


class Room:
    """The room of one process. Used from its event loop only."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self.taken_bytes = 0

    def fill(self) -> float:
        """From 0 to 1."""
        return self.taken_bytes / self._bytes_max

    def take(self, size_bytes: int) -> None:
        if self.taken_bytes + size_bytes > self._bytes_max:
            raise TryLater(
                "no_room", "Too many bodies at once: send this one again.", retry_after_s=_RETRY_AFTER_S
            )
        self.taken_bytes += size_bytes

    def give_back(self, size_bytes: int) -> None:
        self.taken_bytes -= size_bytes


class Hold:
    """What one body has taken; `release` gives all of it back."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.held_bytes = 0

    def take(self, size_bytes: int) -> None:
        self._room.take(size_bytes)
        self.held_bytes += size_bytes

    def release(self) -> None:
        self._room.give_back(self.held_bytes)
        self.held_bytes = 0
