"""Groups of commands of which one is meant where none is named: `hub incidents --tenant acme` lists them.

In: the name of that command. Out: a Typer group class. Without any option the group tells what there is.
"""

from typing import Any

from typer.core import TyperGroup


def group_with_default(name: str) -> type[TyperGroup]:
    """Options in the place of a command's name are those of this command."""

    class DefaultGroup(TyperGroup):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            if args and args[0].startswith("-") and args[0] not in self.get_help_option_names(ctx):
                args = [name, *args]
            return super().parse_args(ctx, args)

    return DefaultGroup
