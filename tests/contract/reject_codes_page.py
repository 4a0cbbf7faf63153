"""Prints docs/reject-codes.md from the core's own table; `make docs` writes it, a test keeps them equal."""

import sys

import rust_core

HEAD = """# Reject codes

Why an event was refused. Made from the table in `rust_core/core/src/reject.rs` by `make docs`; do not edit by
hand.

A code is stable: programs may rely on it, and it is never renamed. The sentence beside it may change. A
reject costs its own event only; its neighbours in the same file are stored. It is kept as a *dead letter*
with its code, the field to blame, its position (line, element or row number) and its payload (64 kB at most),
so that it can be read, mended and loaded again.

| code | meaning |
|---|---|
"""


def page() -> str:
    """The whole page, one row a code."""
    return HEAD + "".join(f"| `{code}` | {message} |\n" for code, message in rust_core.reject_codes())


if __name__ == "__main__":
    sys.stdout.write(page())
