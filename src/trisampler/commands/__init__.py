"""The `trisampler` command: one module per command, each imported when it is asked for.

Modules here import little at their top, so that help comes at once; what a command needs, it
imports when it runs. None needs Kedro but `doctor`, which looks at the project's configuration.
"""
