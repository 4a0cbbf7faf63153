"""`anomalies`, `incidents`, `incident`, and the mutations by which people answer: the use cases of REST.

In: arguments with REST's names, `first` and `after` for `limit` and `cursor`. Out: bodies of `incident_shapes.py`.
"""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from analytics_hub.api.graphql.arguments import After, First, From, To, page_named
from analytics_hub.api.graphql.asking import Asking, Info, MakeBody
from analytics_hub.api.graphql.incident_shapes import Feedback, IncidentKind, anomaly_node, incident_node
from analytics_hub.api.graphql.pages import page_body
from analytics_hub.api.rest.anomalies import ANOMALIES_FROM
from analytics_hub.api.rest.incidents import INCIDENTS_FROM
from analytics_hub.api.rest.row_pages import RowPages
from analytics_hub.domain import incident as domain
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.incident import FindingFilter, IncidentId
from analytics_hub.query.findings import anomaly_place, finding_filter, incident_place, list_name

Id = Annotated[strawberry.ID, strawberry.argument(description="`id` of an incident.")]
Metrics = Annotated[
    list[str],
    strawberry.argument(description=f"Only of these metrics; there are {', '.join(domain.WATCHED_METRICS)}."),
]


async def ask_anomalies(
    info: Info,
    *,
    from_: From = ANOMALIES_FROM,
    to: To = "now",
    metric: Metrics = [],  # noqa: B006  strawberry's way to write a default; nobody changes it
    first: First = None,
    after: After = None,
) -> MakeBody:
    findings = info.context.services.findings
    question = _question(info.context, from_, to, metric)
    pages = RowPages(question.tenant, list_name("anomalies", question))
    with page_named():
        size, place = pages.asked(findings.page_max, first, after)
        page = await findings.anomalies(question, size, place)
    cursors = [pages.cursor(anomaly_place(one)) or "" for one in page.rows]
    following = pages.cursor(page.next)
    return lambda: page_body([anomaly_node(one) for one in page.rows], cursors, following, after)


async def ask_incidents(
    info: Info,
    *,
    from_: From = INCIDENTS_FROM,
    to: To = "now",
    metric: Metrics = [],  # noqa: B006
    kind: Annotated[list[IncidentKind], strawberry.argument(description="Of these kinds.")] = [],  # noqa: B006
    open_: Annotated[bool, strawberry.argument(name="open", description="Only those that go on.")] = False,
    first: First = None,
    after: After = None,
) -> MakeBody:
    findings = info.context.services.findings
    kinds = [domain.IncidentKind(one.value) for one in kind]
    question = _question(info.context, from_, to, metric, kinds, open_only=open_)
    pages = RowPages(question.tenant, list_name("incidents", question))
    with page_named():
        size, place = pages.asked(findings.page_max, first, after)
        page = await findings.incidents(question, size, place)
    cursors = [pages.cursor(incident_place(one)) or "" for one in page.rows]
    following = pages.cursor(page.next)
    return lambda: page_body([incident_node(one) for one in page.rows], cursors, following, after)


async def ask_incident(info: Info, id: Id) -> MakeBody:  # noqa: A002
    asking = info.context
    found = await asking.services.findings.incident(asking.caller.tenant, _incident_id(id))
    return lambda: incident_node(found)


async def acknowledge_incident(info: Info, id: Id) -> MakeBody:  # noqa: A002
    asking = info.context
    findings, caller = asking.services.findings, asking.caller
    found = await findings.acknowledge(caller.tenant, _incident_id(id), caller.actor)
    return lambda: incident_node(found)


async def give_incident_feedback(info: Info, id: Id, feedback: Feedback) -> MakeBody:  # noqa: A002
    asking = info.context
    findings, caller = asking.services.findings, asking.caller
    word = domain.Feedback(feedback.value)
    found = await findings.give_feedback(caller.tenant, _incident_id(id), word, caller.actor)
    return lambda: incident_node(found)


def _question(
    asking: Asking,
    start: str,
    end: str,
    metrics: Sequence[str],
    kinds: Sequence[domain.IncidentKind] = (),
    *,
    open_only: bool = False,
) -> FindingFilter:
    first, last = asking.range(start, end)
    return finding_filter(
        asking.caller.tenant, first, last, metrics=metrics, kinds=kinds, open_only=open_only
    )


def _incident_id(text: str) -> IncidentId:
    try:
        return IncidentId(UUID(text))
    except ValueError as error:
        raise InvalidInput("bad_parameter", "id", "The id of an incident is a UUID.") from error
