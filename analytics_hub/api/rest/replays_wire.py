"""The shapes on the wire of a replay: what is asked for, and what became of each dead letter."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from analytics_hub.domain.dead_letter import ReplayOutcome, ReplayReport

_ID_MAX = 2**63 - 1  # int8


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)


class ReplayRequestBody(_Body):
    """Dead letters by number, or by the filter of `GET`. Nothing is written unless `dry_run` is false."""

    ids: list[int] | None = None
    start: str | None = Field(
        default=None, alias="from", description="Needed for a filter: `-24h`, RFC 3339."
    )
    end: str = Field(default="now", alias="to")
    code: list[str] = []
    origin: list[str] = []
    cursor: str | None = Field(default=None, description="`next` of the answer before.")
    dry_run: bool = True

    @model_validator(mode="after")
    def _one_of_both(self) -> "ReplayRequestBody":
        if (self.ids is None) == (self.start is None):
            raise ValueError("either ids or from says which dead letters are meant")
        if self.ids is not None and (self.code or self.origin or self.cursor is not None):
            raise ValueError("ids need no filter")
        if any(not 1 <= one <= _ID_MAX for one in self.ids or ()):
            raise ValueError("the number of a dead letter is a positive integer")
        return self


class ReplayVerdictBody(_Body):
    id: int
    outcome: str = Field(description="accepted, rejected, not_replayable or undecided.")
    code: str
    field: str
    message: str


class ReplayReportBody(_Body):
    dry_run: bool
    accepted: int = Field(description="Durable now, or in a dry run: would be. A resend is accepted, too.")
    rejected: int = Field(description="Refused by today's rules; not submitted.")
    not_replayable: int = Field(description="What was kept is not one whole event.")
    undecided: int = Field(description="Nobody can say whether these are durable: replay them again.")
    absent: list[int] = Field(description="Numbers that are no dead letters of this tenant.")
    letters: list[ReplayVerdictBody]
    next: str | None = Field(description="`cursor` for what the filter matches beyond this request's bound.")


def report_body(report: ReplayReport, cursor: str | None) -> dict[str, Any]:
    """A `ReplayReportBody` ready for orjson."""
    counts = {outcome.value: report.count(outcome) for outcome in ReplayOutcome}
    letters = [
        {
            "id": verdict.dead_letter_id,
            "outcome": verdict.outcome.value,
            "code": verdict.code,
            "field": verdict.field,
            "message": verdict.message,
        }
        for verdict in report.verdicts
    ]
    return {
        "dry_run": report.dry_run,
        **counts,
        "absent": list(report.absent),
        "letters": letters,
        "next": cursor,
    }
