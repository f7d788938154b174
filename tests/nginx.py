"""A real nginx on the loopback, for the tests of what its pages promise."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def port_libre() -> int:
    with socket.socket() as sonde:
        sonde.bind(("127.0.0.1", 0))
        return int(sonde.getsockname()[1])


@contextmanager
def nginx(dossier: Path, port: int, http: str) -> Iterator[None]:
    """nginx with `http` as the content of its http block, accepting on `port`; its files are in `dossier`."""
    prive = "".join(
        f"{nom}_temp_path {dossier}/{nom};\n" for nom in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    conf = dossier / "nginx.conf"
    conf.write_text(
        # started by root, its workers would be nobody, who may not read the tests' folder
        f"{'user root;' if os.geteuid() == 0 else ''}\n"
        f"daemon off;\npid {dossier}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n{prive}{http}}}\n",
        encoding="utf-8",
    )
    processus = subprocess.Popen([NGINX, "-c", str(conf), "-p", str(dossier)])
    try:
        for _ in range(100):
            with socket.socket() as essai:
                if essai.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield
    finally:
        processus.terminate()
        processus.wait(20)
