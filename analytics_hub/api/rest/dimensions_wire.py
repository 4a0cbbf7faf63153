"""The shapes on the wire of the values of dimensions: JSON body and table (a row a value)."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from analytics_hub.api.rest.table import Cell, Column, Kind, Table
from analytics_hub.api.rest.wire import LevelBody
from analytics_hub.domain.dimension import DimensionsAnswer


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class DimensionValueBody(_Body):
    value: str = Field(description="Missing is the empty string.")
    events: int


class DimensionBody(_Body):
    name: str
    values: list[DimensionValueBody] = Field(description="The most frequent first.")
    matching: int = Field(description="Values that begin as asked, those past the limit included.")
    complete: bool = Field(
        description="False when the dimension has too many values to tell all of them apart."
    )


class DimensionsBody(_Body):
    start: datetime = Field(alias="from", description="Widened to a whole UTC day.")
    end: datetime = Field(alias="to")
    fresh_until: datetime = Field(description="Everything committed before this moment is counted.")
    levels: list[LevelBody] = Field(description="What was read, in minutes of time.")
    dimensions: list[DimensionBody]


def dimensions_body(answer: DimensionsAnswer) -> dict[str, Any]:
    """A `DimensionsBody` ready for orjson."""
    return {
        "from": answer.start,
        "to": answer.query.end,
        "fresh_until": answer.fresh_until,
        "levels": [{"level": read.level.value, "minutes": read.minutes} for read in answer.levels],
        "dimensions": [
            {
                "name": one.name,
                "values": [{"value": value.value, "events": value.events} for value in one.values],
                "matching": one.matching,
                "complete": one.complete,
            }
            for one in answer.dimensions
        ],
    }


def dimensions_table(answer: DimensionsAnswer) -> Table:
    columns = (Column("dimension", Kind.TEXT), Column("value", Kind.TEXT), Column("events", Kind.COUNT))
    rows: list[list[Cell]] = [
        [one.name, value.value, value.events] for one in answer.dimensions for value in one.values
    ]
    levels = {read.level.value: read.minutes for read in answer.levels}
    return Table(columns, rows, {"fresh_until": answer.fresh_until, "levels": levels})
