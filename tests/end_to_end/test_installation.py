"""The service as its unit runs it, without systemd: an unprivileged user, everything read-only but the data folder,
a temporary folder of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conduite import RACINE

from extract.replica.process import replica
from publish.demo import DEMO_KEY

USER = 65534  # nobody
# ProtectSystem=strict, StateDirectory (here /mnt), PrivateTmp; `dac_read_search` lets it read an environment that
# only root could, and write nowhere.
SANDBOX = f"""
set -e
mount --make-rprivate /
mount --bind "$1" /mnt
mount -o remount,bind,ro /
mount -t tmpfs -o mode=1777 tmpfs /tmp
shift
exec setpriv --reuid {USER} --regid {USER} --clear-groups --no-new-privs --inh-caps=-all,+dac_read_search \\
    --ambient-caps=-all,+dac_read_search --bounding-set=-all,+dac_read_search "$@"
"""


def sandboxed(world: Path, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A command run as the unit would run it, from the folder of the code."""
    kept = {"PATH": os.environ["PATH"], "HOME": "/mnt", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        ["unshare", "--mount", "bash", "-c", SANDBOX, "bash", str(world), *command],
        cwd=RACINE,
        env=kept | {"REFERENTIEL_DATA": "/mnt"} | env,
        capture_output=True,
        text=True,
        timeout=900,
    )


@pytest.mark.campaign
def test_service_needs_no_more_than_its_unit_gives(data: Path, tmp_path: Path) -> None:
    missing = [tool for tool in ("unshare", "setpriv", "mount") if shutil.which(tool) is None]
    if os.geteuid() != 0 or missing or RACINE.is_relative_to("/tmp"):
        pytest.skip(f"il faut être root, hors de /tmp, avec {', '.join(missing) or 'util-linux'}")
    world = tmp_path / "data"
    shutil.copytree(data, world, symlinks=True)
    for path in (world, *world.rglob("*")):
        os.chown(path, USER, USER, follow_symlinks=False)
    bare = sandboxed(world, "true")
    if bare.returncode != 0:
        pytest.skip(
            f"cette machine ne laisse pas isoler un processus (unshare, mount, setpriv) : {bare.stderr.strip()}"
        )
    for place in (RACINE / "essai", Path("/etc/essai"), Path("/var/lib/essai")):
        assert sandboxed(world, "touch", str(place)).returncode != 0 and not place.exists()
    assert sandboxed(world, "touch", "/mnt/essai", "/tmp/essai").returncode == 0
    run = (sys.executable, "-m", "publish", "run", "--tout", "--sans-comparaison")
    with replica() as producers:
        env = {"REFERENTIEL_PRODUCTEURS": producers.url, "WEBSTAT_API_KEY": DEMO_KEY}
        done = sandboxed(world, *run, "--force", **env)
        assert done.returncode == 0 and "publiée" in done.stdout, done.stdout[-3000:] + done.stderr[-3000:]
        done = sandboxed(world, *run, **env)
        assert done.returncode == 0 and "Rien de nouveau" in done.stdout, done.stdout + done.stderr[-3000:]
        # a data folder that belongs to somebody else is said, not half written
        os.chown(world, 0, 0)
        (world / "executions.jsonl").chmod(0o600)
        for path in (world / "archive", world / "archive/verrou", world / "run.lock"):
            os.chown(path, 0, 0)
            path.chmod(0o755)
        done = sandboxed(world, *run, "--force", **env)
        assert done.returncode == 2 and "Écriture impossible" in done.stdout + done.stderr, done.stderr[
            -3000:
        ]
    strangers = [path for path in world.rglob("*.duckdb") if path.lstat().st_uid != USER]
    assert strangers == []
