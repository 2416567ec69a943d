"""The group of all commands, and how errors end them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from trisampler import __version__
from trisampler.errors import TrisamplerError

_COMMANDS = (
    *("search", "serve", "evaluate", "mine"),
    *("versions", "rollback", "promote", "prune", "doctor"),
)


class Commands(click.Group):
    """Imports a command when it is asked for; an error that its user can mend is one message."""

    def list_commands(self, context: click.Context) -> list[str]:  # noqa: ARG002
        """In the order in which help shows them."""
        return list(_COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        """The command, from the module of its name."""
        if name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"trisampler.commands.{name}").command
        return command

    def invoke(self, context: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(context)
        except BrokenPipeError:  # of whoever reads what is printed: click ends in silence
            raise
        except (TrisamplerError, OSError, MemoryError) as error:
            from trisampler.failures import failure_message

            raise click.ClickException(failure_message(error)) from None


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`kedro run` mines, trains and measures; these commands use what comes of it, and parts "
    "of it on data of your own. 'trisampler COMMAND --help' says more.",
)
@click.version_option(__version__, prog_name="trisampler")
def trisampler() -> None:
    """Ask a trained retriever, measure systems, mine negatives."""


def main() -> None:
    """The console script."""
    trisampler(prog_name="trisampler")
