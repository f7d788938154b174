"""The installation of docs/exploitation.md made by its own commands, in a mount namespace that leaves nothing on the
machine, then run by hand by root and by the cron line."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from publish.errors import FAULT, UNREACHABLE
from publish.operations import lock

ROOT = Path(__file__).resolve().parents[3]
WRAPPER = "/opt/referentiel/deploy/referentiel"
KEYS = "/etc/referentiel/environnement"
# Its own /etc and /var/lib, this code read-only in /opt; a Python that lives in root's home is shown where it is.
NAMESPACE = """
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir -p /mnt/opt/referentiel /mnt/python
mount --bind "$2" /mnt/opt/referentiel
mount -o remount,bind,ro /mnt/opt/referentiel
mount --bind "$3" /mnt/python
case "$3" in /root/*) mount -t tmpfs -o mode=755 tmpfs /root; mkdir -p "$3"; mount --bind /mnt/python "$3" ;; esac
mount --rbind /mnt/opt /opt
mount --bind "$1/etc" /etc
mount --bind "$1/lib" /var/lib
shift 3
cd /opt/referentiel
exec "$@"
"""


class Machine:
    """A machine on which the documented commands were typed; its disk is `world`."""

    def __init__(self, world: Path) -> None:
        self.world, self.data = world, world / "lib/referentiel"

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                "unshare",
                "--mount",
                "bash",
                "-c",
                NAMESPACE,
                "bash",
                str(self.world),
                str(ROOT),
                sys.base_prefix,
                *command,
            ],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def say(self, name: str, value: str) -> None:
        """Writes a line of the keys' file, as the sample shows."""
        with (self.world / KEYS[1:]).open("a", encoding="utf-8") as file:
            file.write(f"{name}='{value}'\n")

    def cron(self) -> str:
        """What cron would send to MAILTO after one run of its line."""
        line = (
            (ROOT / "deploy/cron/referentiel").read_text(encoding="utf-8").splitlines()[-1].split(maxsplit=6)
        )
        as_user = ("setpriv", "--reuid", line[5], "--regid", line[5], "--init-groups")
        bare = ("env", "-i", "PATH=/usr/bin:/bin", "HOME=/var/lib/referentiel", "sh", "-c", line[6])
        done = self.run(*as_user, *bare)
        return done.stdout + done.stderr


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    missing = [tool for tool in ("unshare", "setpriv", "mount", "useradd") if shutil.which(tool) is None]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"il faut être root, avec {', '.join(missing) or 'util-linux'}")
    shutil.copytree("/etc", tmp_path / "etc", symlinks=True)
    (tmp_path / "lib").mkdir()
    made = Machine(tmp_path)
    bare = made.run("true")
    if bare.returncode != 0:
        pytest.skip(
            f"cette machine ne laisse pas isoler un processus (unshare, mount) : {bare.stderr.strip()}"
        )
    told = (ROOT / "docs/exploitation.md").read_text(encoding="utf-8")
    typed = re.findall(r"^((?:useradd|install) [^#\n]*)", told, re.MULTILINE)
    assert len(typed) == 3
    for command in typed:
        done = made.run("sh", "-ec", command)
        assert done.returncode == 0, done.stderr
    yield made
    shutil.rmtree(tmp_path / "etc")  # the machine's accounts are not left in a folder of tests


def test_command_by_hand_is_that_of_the_service(machine: Machine) -> None:
    machine.say("REFERENTIEL_PRODUCTEURS", "http://127.0.0.1:1")
    done = machine.run(WRAPPER, "publish", "run", "dgcl__epci")
    assert done.returncode == UNREACHABLE, done.stdout + done.stderr
    owner = machine.data.stat().st_uid
    written = [*machine.data.rglob("*")]
    assert owner != 0 and written and {path.lstat().st_uid for path in written} == {owner}
    reader = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
    assert machine.run(*reader, "ls", "/var/lib/referentiel").returncode == 0
    assert machine.run(*reader, "cat", KEYS).returncode != 0
    refused = machine.run(*reader, WRAPPER, "publish", "status")
    assert refused.returncode == FAULT and "root" in refused.stderr


def test_cron_tells_a_failure_and_not_another_run(machine: Machine) -> None:
    machine.say("REFERENTIEL_REGION", "ouest")
    assert machine.cron().startswith(f"Code de sortie {FAULT}. REFERENTIEL_REGION vaut")
    machine.say("REFERENTIEL_REGION", "28")
    path = machine.data / lock.NAME
    path.touch()
    shutil.chown(path, machine.data.stat().st_uid, machine.data.stat().st_gid)
    with path.open("r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert machine.cron() == ""
