"""More than a hundred kinds of bad input: a name, the bytes of one line, the code it must get, and the
field it must name.

Data only; `test_bad_inputs.py` loads them between good neighbours. `NOW` is the moment of receipt that the
times are judged against, for a tenant called `acme` with a late horizon of seven days.
"""

from datetime import UTC, datetime
from typing import NamedTuple

NOW = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
TIME = '"2026-11-05T11:59:00Z"'
HUGE_STRING_BYTES = 20_000_000


class BadInput(NamedTuple):
    """One line. `field` is "" where no single field is to blame."""

    name: str
    line: bytes
    code: str
    field: str = ""


def event(**members: str) -> str:
    """An event as JSON text. Members are raw JSON; an empty one is left out."""
    whole = {
        "id": '"bad"',
        "source": '"s"',
        "time": TIME,
        "provider": '"openai"',
        "model": '"gpt-4o"',
        "usage": '{"input_tokens":1,"output_tokens":1}',
    } | members
    return "{" + ",".join(f'"{key}":{value}' for key, value in whole.items() if value) + "}"


def _line(**members: str) -> bytes:
    return event(**members).encode()


def _usage(members: str) -> bytes:
    return _line(usage="{" + members + "}")


def _tokens(value: str) -> bytes:
    return _usage(f'"input_tokens":{value}')


SYNTAX = [
    BadInput("a bare word", b"hello", "invalid_json"),
    BadInput("a lone brace", b"{", "invalid_json"),
    BadInput("a closing brace", b"}", "invalid_json"),
    BadInput("a truncated event", _line()[:40], "invalid_json"),
    BadInput("a truncated string", b'{"id":"a', "invalid_json"),
    BadInput("an event cut before its last brace", _line()[:-1], "invalid_json"),
    BadInput("one brace too many", _line() + b"}", "invalid_json"),
    BadInput("two events on one line", _line() + _line(), "invalid_json"),
    BadInput("two events with a comma", _line() + b"," + _line(), "invalid_json"),
    BadInput("a trailing comma", _line()[:-1] + b",}", "invalid_json"),
    BadInput("single quotes", b"{'id':'a'}", "invalid_json"),
    BadInput("a key without quotes", b'{id:"a"}', "invalid_json"),
    BadInput("a missing colon", b'{"id" "a"}', "invalid_json"),
    BadInput("a missing comma", b'{"id":"a" "model":"m"}', "invalid_json"),
    BadInput("a comment", b'{"id":"a"/* no */}', "invalid_json"),
    BadInput("a line comment", b"// nothing here", "invalid_json"),
    BadInput("Python's None", _line(user="None"), "invalid_json"),
    BadInput("JavaScript's undefined", _line(user="undefined"), "invalid_json"),
    BadInput("an unknown escape", _line(user=r'"a\x41"'), "invalid_json"),
    BadInput("a short unicode escape", _line(user=r'"\u12"'), "invalid_json"),
    BadInput("a raw tab in a string", _line(user='"a\tb"'), "invalid_json"),
    BadInput("a raw bell in a string", _line(user='"a\x07b"'), "invalid_json"),
    BadInput("CSV in a JSON file", b"2026-11-05,gpt-4o,12,34", "invalid_json"),
    BadInput("XML in a JSON file", b"<event id='a'/>", "invalid_json"),
]
NUMBERS = [
    BadInput("NaN", _tokens("NaN"), "invalid_json"),
    BadInput("Infinity", _tokens("Infinity"), "invalid_json"),
    BadInput("minus Infinity", _tokens("-Infinity"), "invalid_json"),
    BadInput("a leading zero", _tokens("007"), "invalid_json"),
    BadInput("a leading plus", _tokens("+1"), "invalid_json"),
    BadInput("hexadecimal", _tokens("0x10"), "invalid_json"),
    BadInput("a lone minus", _tokens("-"), "invalid_json"),
    BadInput("a point without digits", _tokens("1."), "invalid_json"),
    BadInput("digits with underscores", _tokens("1_000"), "invalid_json"),
    BadInput("a fraction of a token", _tokens("1.5"), "not_an_integer", "usage.input_tokens"),
    BadInput("a whole number with a point", _tokens("5.0"), "not_an_integer", "usage.input_tokens"),
    BadInput("an exponent", _tokens("1e3"), "not_an_integer", "usage.input_tokens"),
    BadInput("a negative count", _tokens("-1"), "negative", "usage.input_tokens"),
    BadInput("2^31 tokens", _tokens("2147483648"), "out_of_range", "usage.input_tokens"),
    BadInput("2^63 tokens", _tokens("9223372036854775808"), "out_of_range", "usage.input_tokens"),
    BadInput("2^64 tokens", _tokens("18446744073709551616"), "out_of_range", "usage.input_tokens"),
    BadInput("an integer of 5,000 digits", _tokens("9" * 5_000), "out_of_range", "usage.input_tokens"),
    BadInput("one token over the bound", _tokens("1000000001"), "out_of_range", "usage.input_tokens"),
    BadInput("too many web searches", _usage('"web_searches":1000001'), "out_of_range", "usage.web_searches"),
    BadInput("a negative latency", _line(latency_ms="-0.5"), "negative", "latency_ms"),
    BadInput("a latency of eight days", _line(latency_ms="691200000"), "out_of_range", "latency_ms"),
    BadInput("a latency of 1e300", _line(latency_ms="1e300"), "out_of_range", "latency_ms"),
    BadInput("a negative time to first token", _line(ttft_ms="-1"), "negative", "ttft_ms"),
    BadInput("a negative cost", _line(cost_usd="-0.01"), "negative", "cost_usd"),
    BadInput("a cost of two million dollars", _line(cost_usd="2000000"), "cost_out_of_range", "cost_usd"),
    BadInput("a cost in words", _line(cost_usd='"cheap"'), "wrong_type", "cost_usd"),
]
TYPES = [
    BadInput("a number alone", b"12", "not_an_object"),
    BadInput("a string alone", b'"event"', "not_an_object"),
    BadInput("null alone", b"null", "not_an_object"),
    BadInput("true alone", b"true", "not_an_object"),
    BadInput("an array on a line", b"[1,2]", "not_an_object"),
    BadInput("an event inside an array", b"[" + _line() + b"]", "not_an_object"),
    BadInput("true as a count", _tokens("true"), "wrong_type", "usage.input_tokens"),
    BadInput("a string as a count", _tokens('"5"'), "wrong_type", "usage.input_tokens"),
    BadInput("an array as a count", _tokens("[1]"), "wrong_type", "usage.input_tokens"),
    BadInput("an object as a count", _tokens("{}"), "wrong_type", "usage.input_tokens"),
    BadInput("a number as the id", _line(id="12"), "wrong_type", "id"),
    BadInput("a number as the model", _line(model="4"), "wrong_type", "model"),
    BadInput("a number as the time", _line(time="1762340340"), "wrong_type", "time"),
    BadInput("a list as the usage", _line(usage="[1,2]"), "wrong_type", "usage"),
    BadInput("a string as the tags", _line(tags='"a=b"'), "wrong_type", "tags"),
    BadInput("a number as a tag", _line(tags='{"team":7}'), "wrong_type", "tags.team"),
    BadInput("a string as the latency", _line(latency_ms='"12"'), "wrong_type", "latency_ms"),
    BadInput("a number as estimated", _usage('"estimated":1'), "wrong_type", "usage.estimated"),
]
TEXTS = [
    BadInput("no id", _line(id=""), "missing_id", "id"),
    BadInput("a null id", _line(id="null"), "missing_id", "id"),
    BadInput("an empty id", _line(id='""'), "missing_id", "id"),
    BadInput("an id of spaces", _line(id='"   "'), "missing_id", "id"),
    BadInput("no model", _line(model=""), "missing_model", "model"),
    BadInput("an id of 257 bytes", _line(id=f'"{"i" * 257}"'), "too_long", "id"),
    BadInput("a source of 129 bytes", _line(source=f'"{"s" * 129}"'), "too_long", "source"),
    BadInput("a model of 257 bytes", _line(model=f'"{"m" * 257}"'), "too_long", "model"),
    BadInput("a user of 200 letters in 400 bytes", _line(user=f'"{"é" * 200}"'), "too_long", "user"),
    BadInput("a tag key of 65 bytes", _line(tags='{"' + "k" * 65 + '":"v"}'), "too_long", "tags"),
    BadInput("a tag of 257 bytes", _line(tags='{"k":"' + "v" * 257 + '"}'), "too_long", "tags.k"),
    BadInput(
        "33 tags", _line(tags="{" + ",".join(f'"k{n}":"v"' for n in range(33)) + "}"), "too_many_tags", "tags"
    ),
    BadInput("an escaped NUL", _line(user=r'"a\u0000b"'), "nul_character", "user"),
    BadInput("a raw NUL", _line(user='"a\x00b"'), "nul_character"),
    BadInput("a lone high surrogate", _line(user=r'"\ud800"'), "invalid_unicode", "user"),
    BadInput("a lone low surrogate", _line(user=r'"\udc00x"'), "invalid_unicode", "user"),
    BadInput("surrogates in the wrong order", _line(user=r'"\udc00\ud800"'), "invalid_unicode", "user"),
    BadInput("Latin-1", _line(user='"caf\u00e9"').decode().encode("latin-1"), "invalid_utf8"),
    BadInput("a byte that is never UTF-8", b'{"id":"\xff"}', "invalid_utf8"),
    BadInput("an overlong slash", b'{"id":"\xc0\xaf"}', "invalid_utf8"),
    BadInput("a surrogate in UTF-8", b'{"id":"\xed\xa0\x80"}', "invalid_utf8"),
    BadInput("an unknown status", _line(status='"fine"'), "unknown_status", "status"),
    BadInput("another tenant's name", _line(tenant='"globex"'), "tenant_mismatch", "tenant"),
    BadInput("the id twice", _line()[:-1] + b',"id":"again"}', "duplicate_key", "id"),
    BadInput("the id twice, once escaped", _line()[:-1] + rb',"\u0069d":"again"}', "duplicate_key", "id"),
    BadInput(
        "a count twice", _usage('"input_tokens":1,"input_tokens":2'), "duplicate_key", "usage.input_tokens"
    ),
    BadInput("a tag twice", _line(tags='{"a":"1","a":"2"}'), "duplicate_key", "tags.a"),
]
TIMES = [
    BadInput("no time", _line(time=""), "missing_time", "time"),
    BadInput("a time without an offset", _line(time='"2026-11-05T11:59:00"'), "invalid_time", "time"),
    BadInput("a date alone", _line(time='"2026-11-05"'), "invalid_time", "time"),
    BadInput("the 30th of February", _line(time='"2026-02-30T00:00:00Z"'), "invalid_time", "time"),
    BadInput("the 13th month", _line(time='"2026-13-01T00:00:00Z"'), "invalid_time", "time"),
    BadInput("25 o'clock", _line(time='"2026-11-05T25:00:00Z"'), "invalid_time", "time"),
    BadInput("a time in words", _line(time='"yesterday"'), "invalid_time", "time"),
    BadInput("the year 1969", _line(time='"1969-12-31T23:59:59Z"'), "invalid_time", "time"),
    BadInput("the year 2101", _line(time='"2101-01-01T00:00:00Z"'), "invalid_time", "time"),
    BadInput(
        "milliseconds in the field of seconds",
        _line(time="", time_unix_s="1793880000000"),
        "invalid_time",
        "time_unix_s",
    ),
    BadInput(
        "seconds in the field of milliseconds",
        _line(time="", time_unix_ms="1793880000"),
        "invalid_time",
        "time_unix_ms",
    ),
    BadInput(
        "a fraction of a microsecond",
        _line(time="", time_unix_us="1793880000000000.5"),
        "not_an_integer",
        "time_unix_us",
    ),
    BadInput(
        "nanoseconds beyond 64 bits",
        _line(time="", time_unix_ns="99999999999999999999"),
        "invalid_time",
        "time_unix_ns",
    ),
    BadInput("two times that differ", _line(time_unix_s="1793880001"), "conflicting_time", "time_unix_s"),
    BadInput("eleven minutes ahead", _line(time='"2026-11-05T12:11:00Z"'), "in_future", "time"),
    BadInput("eight days ago", _line(time='"2026-10-28T12:00:00Z"'), "too_old", "time"),
    BadInput("the year 2001", _line(time='"2001-01-01T00:00:00Z"'), "too_old", "time"),
]
SIZES = [
    BadInput("65 levels deep", b"[" * 65 + b"]" * 65, "too_deep"),
    BadInput("100,000 levels deep", b'{"a":' * 100_000, "too_deep"),
    BadInput("100,000 brackets", b"[" * 100_000, "too_deep"),
    BadInput("an event of 1 MiB and a byte", _line(user=f'"{"u" * 1_048_576}"'), "event_too_large"),
    BadInput("a string of 20 MB", _line(user=f'"{"u" * HUGE_STRING_BYTES}"'), "event_too_large"),
    BadInput("20 MB that never end", b'{"id":"' + b"x" * HUGE_STRING_BYTES, "event_too_large"),
]

BAD_INPUTS = [*SYNTAX, *NUMBERS, *TYPES, *TEXTS, *TIMES, *SIZES]
