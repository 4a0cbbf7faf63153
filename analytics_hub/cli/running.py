"""What every command is wrapped in: settings read once, errors told in one line, an exit status that means
something.

In: a command function. Out: the same function, ending the process with 0 when it worked, 1 for a fault of the
input or the installation, 2 for a wrong command line, 75 when trying again later may help.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec

import typer

from analytics_hub.cli.console import print_error
from analytics_hub.domain.errors import Broken, HubError, TryLater
from analytics_hub.settings import Settings

_P = ParamSpec("_P")
_EXIT_FAULT = 1
_EXIT_TRY_LATER = 75  # EX_TEMPFAIL of sysexits.h


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the options before the command said."""

    settings: Settings
    debug: bool


def settings_of(context: typer.Context) -> Settings:
    invocation = context.ensure_object(Invocation)
    return invocation.settings


def guarded(command: Callable[_P, None]) -> Callable[_P, None]:
    """Turns errors of the product into one line; a traceback is for --debug."""

    @wraps(command)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except HubError as error:
            if _debugging(args, kwargs):
                raise
            print_error(error)
            raise typer.Exit(_EXIT_TRY_LATER if isinstance(error, TryLater) else _EXIT_FAULT) from None
        except BrokenPipeError:
            # The reader of our output has gone, as `head` does: nothing more to say.
            sys.stderr.close()
            raise typer.Exit(_EXIT_FAULT) from None
        except (typer.Exit, typer.Abort, KeyboardInterrupt):
            raise
        except Exception as error:
            if _debugging(args, kwargs):
                raise
            print_error(Broken("unexpected", f"{type(error).__name__}: {error}; --debug shows where"))
            raise typer.Exit(_EXIT_FAULT) from None

    return run


def _debugging(args: tuple[object, ...], kwargs: dict[str, object]) -> bool:
    for value in (*args, *kwargs.values()):
        if isinstance(value, typer.Context) and isinstance(value.obj, Invocation):
            return value.obj.debug
    return False
