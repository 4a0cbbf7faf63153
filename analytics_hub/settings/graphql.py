"""Bounds of GraphQL: how long a document may be, how much it may ask, who may look at the schema.

What they count is told by `analytics_hub/api/graphql/limits.py`; docs/graphql.md says how they were chosen.
"""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from analytics_hub.settings.concern import Concern


class GraphqlSettings(Concern):
    """Bounds of `/graphql`. Where fragments matter, they are counted as if written out."""

    model_config = SettingsConfigDict(env_prefix="HUB_GRAPHQL_")

    document_bytes_max: int = Field(default=32_768, ge=256, le=1_048_576, description="Longest document.")
    tokens_max: int = Field(default=2_000, ge=16, le=50_000, description="Most tokens of a document.")
    literal_chars_max: int = Field(
        default=1_024, ge=32, le=65_536, description="Longest name, number or text in a document."
    )
    definitions_max: int = Field(
        default=50, ge=1, le=500, description="Most operations and fragments of a document."
    )
    depth_max: int = Field(default=15, ge=3, le=100, description="Most fields within each other.")
    selections_max: int = Field(
        default=1_000, ge=10, le=20_000, description="Most fields and spreads of all definitions together."
    )
    aliases_max: int = Field(default=60, ge=0, le=5_000, description="Most aliases.")
    repeats_max: int = Field(
        default=10, ge=1, le=100, description="How often one field may be written in the same place."
    )
    directives_max: int = Field(default=50, ge=0, le=5_000, description="Most directives of a document.")
    roots_max: int = Field(
        default=8, ge=1, le=100, description="Most questions (fields of the root) of a request."
    )
    complexity_max: int = Field(
        default=1_000,
        ge=10,
        le=100_000,
        description="Most points of a request: 50 for a question, 1 for any other field.",
    )
    variables_bytes_max: int = Field(
        default=32_768, ge=256, le=1_048_576, description="Longest variables, as JSON."
    )
    variables_depth_max: int = Field(
        default=8, ge=2, le=64, description="Most lists and objects within each other in variables."
    )
    values_max: int = Field(
        default=250_000, ge=1_000, le=10_000_000, description="Most values of an answer, objects too."
    )
    live_values_max: int = Field(
        default=40_000,
        ge=1_000,
        le=1_000_000,
        description="Most values of a live message: minutes x groups x selections of the document.",
    )
    parallel_max: int = Field(
        default=1,
        ge=1,
        le=16,
        description="Questions of one request that are asked at the same time, each on a connection of its own.",
    )
    wait_s: float = Field(default=30.0, gt=0, le=600, description="Longest wait for an answer.")
    introspection: bool = Field(default=True, description="Whether callers with a credential see the schema.")
    graphiql: bool = Field(
        default=False,
        description="Whether a browser at `/graphql` gets GraphiQL, whose scripts come from unpkg.com.",
    )
