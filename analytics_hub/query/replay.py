"""The use case of replaying dead letters: say what would become of them, then submit them again and write it down.

In: numbers of letters, or a filter; both bounded. Out: a `ReplayReport`. A letter is judged by today's rules against
the moment it was received first, so that waiting makes no event too old; it counts once however often it is replayed,
because its event key is the same. What submits is `ingest/dead_letter.py`, behind the `Replayer` port.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics_hub.domain.dead_letter import (
    DeadLetter,
    DeadLetterFilter,
    DeadLetterId,
    Place,
    ReplayOutcome,
    ReplayReport,
    ReplayVerdict,
)
from analytics_hub.domain.errors import InvalidInput, TryLater
from analytics_hub.domain.tenant import TenantId
from analytics_hub.query.dead_letters import DeadLetterService
from analytics_hub.query.ports import ReplayBook, Replayer


@dataclass(frozen=True, slots=True)
class _Chosen:
    letters: Sequence[DeadLetter]
    absent: tuple[DeadLetterId, ...] = ()
    next: Place | None = None


class ReplayService:
    """Replays at most `letters_max` letters a request."""

    def __init__(
        self, letters: DeadLetterService, replayer: Replayer, book: ReplayBook, *, letters_max: int
    ) -> None:
        self._letters = letters
        self._replayer = replayer
        self._book = book
        self.letters_max = letters_max

    async def by_ids(self, tenant: TenantId, ids: Sequence[DeadLetterId], *, dry_run: bool) -> ReplayReport:
        wanted = list(dict.fromkeys(ids))
        if not 1 <= len(wanted) <= self.letters_max:
            raise InvalidInput("bad_ids", "ids", f"A replay has 1 to {self.letters_max} dead letters.")
        found = await self._letters.find(tenant, wanted)
        present = {letter.dead_letter_id for letter in found}
        absent = tuple(one for one in wanted if one not in present)
        return await self._run(tenant, _Chosen(found, absent), dry_run=dry_run)

    async def by_filter(
        self, question: DeadLetterFilter, after: Place | None, *, dry_run: bool
    ) -> ReplayReport:
        """The newest that match; what lies behind the bound is left to the next request."""
        ids: list[DeadLetterId] = []
        while len(ids) < self.letters_max:
            size = min(self._letters.page_max, self.letters_max - len(ids))
            page = await self._letters.page(question, size, after)
            ids += [letter.dead_letter_id for letter in page.letters]
            after = page.next
            if after is None:
                break
        chosen = _Chosen(await self._letters.find(question.tenant, ids), next=after)
        return await self._run(question.tenant, chosen, dry_run=dry_run)

    async def _run(self, tenant: TenantId, chosen: _Chosen, *, dry_run: bool) -> ReplayReport:
        verdicts = list(await self._replayer.judge(tenant, chosen.letters))
        if not dry_run and verdicts:
            verdicts = await self._submit(tenant, chosen.letters, verdicts)
        return ReplayReport(dry_run, tuple(verdicts), chosen.absent, chosen.next)

    async def _submit(
        self, tenant: TenantId, letters: Sequence[DeadLetter], verdicts: Sequence[ReplayVerdict]
    ) -> list[ReplayVerdict]:
        """Only what was judged good is submitted: a letter that fails again must not become a second letter."""
        good = [
            letter
            for letter, verdict in zip(letters, verdicts, strict=True)
            if verdict.outcome is ReplayOutcome.ACCEPTED
        ]
        done = {verdict.dead_letter_id: verdict for verdict in await self._replayer.submit(tenant, good)}
        final = [done.get(verdict.dead_letter_id, verdict) for verdict in verdicts]
        decided = [verdict for verdict in final if verdict.outcome is not ReplayOutcome.UNDECIDED]
        if not decided:
            raise TryLater("replay_undecided", "None of it is known to be durable; replay it again.")
        await self._book.record(tenant, decided)
        return final
