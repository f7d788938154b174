"""`python -m extract.replica`: serve the replica on 127.0.0.1 until stopped."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from extract.replica.app import Options, ReplicaApp


class _Handler(WSGIRequestHandler):
    """HTTP/1.1 with kept connections, silent; Nagle off, else each answer waits 40 ms for a delayed ack."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: object) -> None:
        return


def main(argv: list[str] | None = None) -> int:
    """Start the server; writes the port it listens on into `--port-file`."""
    parser = argparse.ArgumentParser(prog="python -m extract.replica", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--port-file", type=Path, help="where to write the port once listening")
    parser.add_argument(
        "--options", type=json.loads, default={}, help="JSON, see extract.replica.app.Options"
    )
    parser.add_argument("--tant-que-stdin", action="store_true", help="stop when standard input closes")
    asked = parser.parse_args(argv)

    app = ReplicaApp(options=Options(**asked.options))
    server = make_server("127.0.0.1", asked.port, app, threaded=True, request_handler=_Handler)
    if asked.port_file:
        temporary = asked.port_file.with_suffix(".tmp")
        temporary.write_text(str(server.port))
        temporary.replace(asked.port_file)
    else:
        print(f"http://127.0.0.1:{server.port}", flush=True)
    if app.options.prechauffe:
        threading.Thread(target=app.build_ahead, daemon=True).start()
    if asked.tant_que_stdin:
        threading.Thread(target=_until_stdin_closes, daemon=True).start()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    return 0


def _until_stdin_closes() -> None:
    """A parent killed without warning closes the pipe: the replica must not outlive it."""
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
