"""The doors of forecasts, anomalies and incidents, as those in `doors.py`: imported, they are among them.

In: a `Member` of the crowd, the others, a `Random`. Out: a `Question`. What each tenant has there is put by `crowd.py`.
"""

from collections.abc import Sequence
from random import Random

import orjson

from tests.support.attacks.asgi import Ask, Reply
from tests.support.attacks.crowd import DIMENSIONS, Member
from tests.support.attacks.doors import DOORS, FORMATS, RANGE, Question
from tests.support.attacks.registry import on
from tests.support.attacks.told import differ, not_now, nothing, rows_of, snapshot
from tests.support.ingest import NOW

_MIDNIGHT = NOW.replace(hour=0)


@on(DOORS)
def forecasts(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    """Of the whole tenant and of groups; filters by values of one's own and of others."""
    whose = draw.choice((member, draw.choice(others)))
    name = draw.choice(DIMENSIONS)
    value = draw.choice(whose.events).dimensions[name]
    filters = draw.choice(((), ((f"filter.{name}", value),)))
    groups = draw.choice(((), (("group_by", draw.choice(DIMENSIONS)),)))
    params = (("metrics", "events"), ("horizon", "2"), *filters, *groups)
    wanted = sum(
        one.at < _MIDNIGHT and (not filters or one.dimensions[name] == value) for one in member.events
    )

    def check(reply: Reply) -> str:
        return differ(orjson.loads(reply.content)["coverage"]["events"], wanted)

    return Question(Ask("/v1/forecasts", params), check)


@on(DOORS)
def stored_forecast(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    """What a job has forecast of this tenant, whatever it forecast of others."""
    ask = Ask("/v1/forecasts", (("metrics", "errors"), ("horizon", "1")), (("accept", draw.choice(FORMATS)),))

    def check(reply: Reply) -> str:
        if reply.headers["content-type"] != "application/json":
            (row,) = rows_of(reply, "")
            return differ((float(row["errors"]), row["errors_model"]), (member.number, member.mark))
        ((found,),) = (one["metrics"] for one in orjson.loads(reply.content)["series"])
        return differ((found["points"][0]["value"], found["model"]), (member.number, member.mark))

    return Question(ask, check)


@on(DOORS)
def month(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    whose = draw.choice((member, draw.choice(others)))
    model = draw.choice(whose.events).dimensions["model"]
    wanted = sum(one.dimensions["model"] == model for one in member.events)
    ask = Ask("/v1/forecasts/month", (("filter.model", model),))
    return Question(ask, lambda reply: differ(orjson.loads(reply.content)["coverage"]["events"], wanted))


@on(DOORS)
def accuracy(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    ask = Ask(
        "/v1/forecasts/accuracy",
        (("weeks", draw.choice(("1", "520"))),),
        (("accept", draw.choice(FORMATS)),),
    )

    def check(reply: Reply) -> str:
        found = [(row["metric"], int(row["buckets"])) for row in rows_of(reply, "accuracies")]
        return differ(found, [(member.mark, member.number + 1)])

    return Question(ask, check)


@on(DOORS)
def anomalies(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    ask = Ask("/v1/anomalies", RANGE, (("accept", draw.choice(FORMATS)),))
    return Question(
        ask,
        lambda reply: differ([row["detector"] for row in rows_of(reply, "anomalies")], [member.mark]),
    )


@on(DOORS)
def incidents(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    """The list in every format, and page by page with one's own cursor."""
    after = member.cursors.get("/v1/incidents")
    paged = draw.choice(((), (("limit", "1"),), (("limit", "1"), ("cursor", after)) if after else ()))
    wanted = [str(one) for one in member.incidents]
    wanted = wanted[1:] if len(paged) == 2 else wanted[:1] if paged else wanted
    accept = "application/json" if paged else draw.choice(FORMATS)

    def check(reply: Reply) -> str:
        if paged and reply.headers["content-type"] == "application/json":
            member.cursors["/v1/incidents"] = orjson.loads(reply.content)["next"] or after or ""
        return differ([row["id"] for row in rows_of(reply, "incidents")], wanted)

    return Question(Ask("/v1/incidents", (*RANGE, *paged), (("accept", accept),)), check)


@on(DOORS)
def incidents_behind_the_cursor_of_another(
    draw: Random, member: Member, others: Sequence[Member]
) -> Question:
    cursor = draw.choice(others).cursors.get("/v1/incidents") or "A" * 52
    return Question(Ask("/v1/incidents", (*RANGE, ("cursor", cursor))), nothing, status=(422,))


@on(DOORS)
def one_incident(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    """Looked at, acknowledged, or called something: the answer is the tenant's own incident."""
    one = draw.choice(member.incidents)
    tail, body = draw.choice((("", b""), ("/acknowledge", b""), ("/feedback", b'{"feedback": "useful"}')))
    ask = Ask(f"/v1/incidents/{one}{tail}", (), (), body, "POST" if tail else "GET")

    def check(reply: Reply) -> str:
        found = orjson.loads(reply.content)
        return differ((found["id"], found["group"]["project"]), (str(one), f"project-0-{member.mark}"))

    return Question(ask, check)


@on(DOORS)
def incident_of_another(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    one = draw.choice(draw.choice(others).incidents)
    tail, body = draw.choice((("", b""), ("/acknowledge", b""), ("/feedback", b'{"feedback": "noise"}')))
    ask = Ask(f"/v1/incidents/{one}{tail}", (), (), body, "POST" if tail else "GET")
    return Question(ask, nothing, status=(404,))


@on(DOORS)
def live_incidents(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    """The snapshot that a stream begins with, whatever state of whomever is named."""
    whose = draw.choice((member, draw.choice(others)))
    held = (("last-event-id", str(whose.incidents[0])),)
    wanted = [str(one) for one in member.incidents]

    def check(reply: Reply) -> str:
        return differ([one["id"] for one in snapshot(reply, b"data: ")["incidents"]], wanted)

    return Question(Ask("/v1/live/incidents", (), held, blocks=2), check)


@on(DOORS)
def graph_of_findings(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    """Several at once; an incident of somebody else is null and nothing more."""
    foreign = draw.choice(draw.choice(others).incidents)
    span = ", ".join(f'{name}: "{value}"' for name, value in RANGE)
    text = f"""{{
        incidents({span}) {{ nodes {{ id contributions {{ value }} }} }}
        anomalies({span}) {{ nodes {{ detector }} }}
        incident(id: "{foreign}") {{ id metric }}
        monthEnd {{ coverage {{ events }} }}
        forecastAccuracy {{ accuracies {{ metric }} }}
        forecasts(metrics: ["errors"], horizon: 1) {{ series {{ metrics {{ model }} }} }}
    }}"""

    def check(reply: Reply) -> str:
        body = orjson.loads(reply.content)
        strange = [one for one in body["errors"] if one["extensions"]["code"] != "no_such_incident"]
        if strange:
            return not_now(strange)
        data = body["data"]
        found = (
            [one["id"] for one in data["incidents"]["nodes"]],
            [one["detector"] for one in data["anomalies"]["nodes"]],
            data["incident"],
            data["monthEnd"]["coverage"]["events"],
            [one["metric"] for one in data["forecastAccuracy"]["accuracies"]],
            data["forecasts"]["series"][0]["metrics"][0]["model"],
        )
        own = [str(one) for one in member.incidents]
        return differ(found, (own, [member.mark], None, len(member.events), [member.mark], member.mark))

    body = orjson.dumps({"query": text})
    return Question(Ask("/graphql", (), (("content-type", "application/json"),), body, "POST"), check)


@on(DOORS)
def mutations_of_findings(draw: Random, member: Member, others: Sequence[Member]) -> Question:
    foreign, own = draw.choice(draw.choice(others).incidents), draw.choice(member.incidents)
    text = f"""mutation {{
        theirs: giveIncidentFeedback(id: "{foreign}", feedback: NOISE) {{ id }}
        ours: acknowledgeIncident(id: "{own}") {{ id }}
    }}"""

    def check(reply: Reply) -> str:
        body = orjson.loads(reply.content)
        strange = [one for one in body["errors"] if one["extensions"]["code"] != "no_such_incident"]
        if strange:
            return not_now(strange)
        return differ(body["data"], {"theirs": None, "ours": {"id": str(own)}})

    body = orjson.dumps({"query": text})
    return Question(Ask("/graphql", (), (("content-type", "application/json"),), body, "POST"), check)
