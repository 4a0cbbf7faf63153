"""The house rules over one file: text in, faults out. No file is read here, so that a test can plant a fault.

Length and opening lines, banned words, file names, machine paths, and the few calls that have one home only.
Rules over many files at once (orphans) are in orphans.py; who imports whom is in pyproject.toml.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
FILE_BYTES_MAX = 512 * 1024


class Fault(NamedTuple):
    """One breach of one rule: where, which, and what to do instead."""

    path: PurePosixPath
    line: int
    rule: str
    advice: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.advice}"


Rule = Callable[[PurePosixPath, str], Iterator[Fault]]

# Pages that must be able to name what they forbid.
NAMES_THE_WORDS = (PurePosixPath("tests/contract"), PurePosixPath("LICENSE"), PurePosixPath("requirements"))

BANNED_WORDS = {
    r"\b(TODO|FIXME|XXX|HACK)\b": "do it now, or say in prose what is not done and why",
    r"(?i)\bcustomers?\b": "tenant",
    r"(?i)\b(org_id|organi[sz]ation_id|account_id)\b": "tenant_id",
    r"(?i)\b(whitelist|blacklist)(ed|s)?\b": "allow list, deny list",
    r"(?i)\bmaster[ /-]+slave\b|\bslaves?\b": "primary and replica",
    r"(?i)\b(dlq|quarantine)\b": "dead letter",
    r"(?i)\bunit[ _]costs?\b": "price",
    r"(?i)\btime ?slots?\b": "bucket",
    r"(?i)\b(unittest\.mock|MagicMock|mocker)\b": "the real part, or its twin",
    r"\bdef (process|handle|do)_?(it|data|stuff)?\(": "a verb that says what happens",
}

BANNED_STEMS = {"utils", "util", "helpers", "helper", "misc", "common", "stuff", "tools", "shared", "manager"}

MACHINE_PATHS = re.compile(
    r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)/|[A-Z]:\\\\?Users"
    r"|pypi\.org|pythonhosted\.org|(?:index|static)\.crates\.io|registry\.npmjs\.org"
)

# A row of a table of cases. A test's table may be as long as it needs to be.
TABLE_ROW = re.compile(r"^\s*\(.*\)(\.\w+\(.*\))?,$", re.MULTILINE)

# Calls that have one home: what is called -> (the files that may, where to get it instead).
ONE_HOME = {
    "os.environ": (("analytics_hub/settings/",), "read the environment in analytics_hub/settings only"),
    "os.getenv": (("analytics_hub/settings/",), "read the environment in analytics_hub/settings only"),
    "datetime.now": (("analytics_hub/domain/clock.py",), "take the time from the Clock port"),
    "datetime.utcnow": ((), "take the time from the Clock port"),
    "datetime.datetime.now": ((), "take the time from the Clock port"),
    "date.today": ((), "take the time from the Clock port"),
    "time.time": (("analytics_hub/domain/clock.py",), "take the time from the Clock port"),
    "time.time_ns": (("analytics_hub/domain/clock.py",), "take the time from the Clock port"),
}
PRODUCT = ("analytics_hub", "ingest", "models", "rust_core")


def file_length(path: PurePosixPath, text: str) -> Iterator[Fault]:
    lines = text.count("\n") + 1
    counted = path.suffix in {".py", ".rs", ".sql", ".md", ""} and path.name != "LICENSE"
    if counted and lines > FILE_LINES_MAX:
        yield Fault(path, lines, "file-length", f"{lines} lines, {FILE_LINES_MAX} at most: one noun a file")


def python_opening(path: PurePosixPath, text: str) -> Iterator[Fault]:
    if path.suffix == ".py" and not ast.get_docstring(ast.parse(text)):
        yield Fault(
            path,
            1,
            "docstring",
            "open with what the module is for, what comes in and out, where to look instead",
        )


def rust_opening(path: PurePosixPath, text: str) -> Iterator[Fault]:
    if path.suffix == ".rs" and not re.match(r"(#!\[.*\]\s*)*//! \S", text):
        yield Fault(path, 1, "docstring", "open with //! and what the module is for")


def python_function_length(path: PurePosixPath, text: str) -> Iterator[Fault]:
    if path.suffix != ".py":
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                advice = f"{node.name} has {lines} lines; {FUNCTION_LINES_MAX} at most"
                yield Fault(path, node.lineno, "function-length", advice)


def _without_rust_text(text: str) -> str:
    """The source with comments, strings and characters blanked, so that every brace left is a real one."""
    raw = r'r(?P<hash>\#*)".*?"(?P=hash)'
    string, character = r'"(?:\\.|[^"\\])*"', r"'(?:\\[^']+|[^'\\])'"
    pattern = re.compile(rf"//[^\n]*|/\*.*?\*/|{raw}|{string}|{character}", re.DOTALL)
    return pattern.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def rust_function_length(path: PurePosixPath, text: str) -> Iterator[Fault]:
    if path.suffix != ".rs":
        return
    code = _without_rust_text(text)
    for found in re.finditer(r"\bfn\s+(\w+)", code):
        opening = re.compile(r"[{;]").search(code, found.end())
        if opening is None or opening.group() == ";":
            continue
        depth, at = 1, opening.end()
        while depth and at < len(code):
            depth += {"{": 1, "}": -1}.get(code[at], 0)
            at += 1
        first = code.count("\n", 0, found.start()) + 1
        lines = code.count("\n", 0, at) + 2 - first
        if "tests" in path.parts:
            lines -= len(TABLE_ROW.findall(text[found.start() : at]))
        if lines > FUNCTION_LINES_MAX:
            advice = f"{found.group(1)} has {lines} lines; {FUNCTION_LINES_MAX} at most"
            yield Fault(path, first, "function-length", advice)


def banned_words(path: PurePosixPath, text: str) -> Iterator[Fault]:
    if any(path.is_relative_to(place) for place in NAMES_THE_WORDS):
        return
    for pattern, instead in BANNED_WORDS.items():
        for found in re.finditer(pattern, text):
            line = text.count("\n", 0, found.start()) + 1
            yield Fault(path, line, "banned-word", f"{found.group()!r}: say {instead}")


def file_name(path: PurePosixPath, text: str) -> Iterator[Fault]:
    del text
    for part in (*path.parts[:-1], path.stem):
        if part.lower() in BANNED_STEMS and path.parts[0] != "requirements":
            yield Fault(path, 1, "file-name", f"{part!r} is a drawer: name the noun that lives here")
    if path.suffix in {".py", ".rs"} and not re.fullmatch(r"[a-z0-9_]+", path.stem):
        yield Fault(path, 1, "file-name", "lower_case_with_underscores")


def machine_paths(path: PurePosixPath, text: str) -> Iterator[Fault]:
    if path.name == "Cargo.lock" or path.is_relative_to("tests/contract"):
        return
    for found in MACHINE_PATHS.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Fault(
            path, line, "machine-path", f"{found.group()!r}: no path of one machine, no package index"
        )


def one_home(path: PurePosixPath, text: str) -> Iterator[Fault]:
    if path.suffix != ".py" or path.parts[0] not in PRODUCT:
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute):
            places, advice = ONE_HOME.get(ast.unparse(node), ((str(path),), ""))
            if not str(path).startswith(places):
                yield Fault(path, node.lineno, "one-home", f"{ast.unparse(node)}: {advice}")


def native_door(path: PurePosixPath, text: str) -> Iterator[Fault]:
    """Here and not in pyproject.toml: the import linter cannot see a module that is not a .py file."""
    door = "rust_core/__init__.py"
    if path.suffix == ".py" and str(path) != door and not path.is_relative_to("tests"):
        for found in re.finditer(r"^\s*(from|import) rust_core\._native\b", text, flags=re.MULTILINE):
            line = text.count("\n", 0, found.start()) + 1
            yield Fault(path, line, "native-door", "import rust_core, never rust_core._native")


def sentence_names(path: PurePosixPath, text: str) -> Iterator[Fault]:
    if not path.name.startswith("test_") or path.suffix != ".py":
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and re.fullmatch(
            r"test(_[^_]+){1,2}", node.name
        ):
            yield Fault(path, node.lineno, "test-name", f"{node.name}: say the behaviour as a sentence")


RULES: tuple[Rule, ...] = (
    file_length,
    python_opening,
    rust_opening,
    python_function_length,
    rust_function_length,
    banned_words,
    file_name,
    machine_paths,
    one_home,
    native_door,
    sentence_names,
)


def faults(path: PurePosixPath, text: str) -> list[Fault]:
    """Every fault of one file, in the order of the rules."""
    return [fault for rule in RULES for fault in rule(path, text)]
