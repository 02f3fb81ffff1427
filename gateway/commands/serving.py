"""The command that serves the HTTP interface, in one process or in several."""

import gc
import os
import tempfile
from contextlib import ExitStack

import rich_click as click

from gateway.commands.parameters import example
from gateway.commands.running import check_temporary_files, guarded, settings
from gateway.limits import WORKERS_MOST

__all__ = ["serve"]


@click.command(epilog=example("gateway serve --port 8000"))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free one.")
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, WORKERS_MOST),
    help="Processes that serve at this address.",
)
def serve(host: str, port: int, workers: int) -> None:
    """Serve the HTTP interface, and import every account on each business day.

    Prints one JSON line with the address when it is ready, and logs on standard error, one JSON object a line. Ctrl+C
    or SIGTERM ends it when the statements under way are answered.
    """
    from gateway.serving.unwanted import UNWANTED, hidden

    check_temporary_files()
    # What is loaded stays: the garbage collector would look through it again and again, and one look takes a tenth of
    # the start. It begins when all is ready, and never looks at what is loaded here.
    gc.disable()
    with ExitStack() as stack:
        stack.callback(gc.enable)
        if workers > 1:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-metrics-"))
            # Before the library of metrics is imported, which looks at it once; see `gateway.metrics`.
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
            stack.callback(os.environ.pop, "PROMETHEUS_MULTIPROC_DIR")
        with hidden(*UNWANTED):
            from gateway.logs import configure
            from gateway.serving.serve import serve as run

        gc.freeze()
        found = settings()
        configure(found.log_level)
        guarded(lambda: run(found, host, port, workers))
