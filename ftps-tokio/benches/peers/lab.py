"""Servers to measure against: those of `.ci/servers`, near (on loopback) or far (over a delayed network)."""

import os, shutil, subprocess, sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SERVERS = ROOT / ".ci/servers"
MARK = f"compare-{os.getpid()}"
# Those that everybody knows.
MEASURED = ("vsftpd", "proftpd", "pure-ftpd")
# Where `.ci/servers` keeps what it has unpacked.
LAB = Path(os.environ.get("FTPS_LAB") or Path(os.environ.get("TMPDIR", "/tmp")) / "ftps-servers")
# Of memory: a disk's speed is nobody's merit.
MEMORY = Path("/dev/shm" if os.path.isdir("/dev/shm") else "/tmp") / MARK


def call(command, **options):
    # What a tool says is no result.
    return subprocess.run(command, check=True, text=True, **{"stdout": sys.stderr, **options})


def quietly(command):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


class Near:
    """Servers on loopback: those that FTPS_TEST_SERVERS names, else they are started. They see a directory of memory."""

    prefix = []
    mounts = True

    def __init__(self, apart=False):
        self.processors = os.sched_getaffinity(0) if apart else set()
        if "FTPS_TEST_SERVERS" in os.environ:
            env = os.environ
        else:
            call([SERVERS, "setup"])
            call([SERVERS, "up"])
            env = environment()
        self.take(env)

    def take(self, env):
        addresses = dict(item.split("=") for item in env["FTPS_TEST_SERVERS"].split())
        self.servers = {name: at for name, at in addresses.items() if name in MEASURED}
        self.ca, self.user, self.password = (env[f"FTPS_TEST_{name}"] for name in ("CA", "USER", "PASSWORD"))
        self.home = Path(env["FTPS_TEST_HOME"])

    def __enter__(self):
        self.files = self.home / MARK
        self.files.mkdir()
        self.mounted = self.mounts and quietly(["mount", "-t", "tmpfs", "-o", "size=4g", "tmpfs", self.files])
        if self.mounts and not self.mounted:
            print(f"{self.files} is on a disk: uploads are slower than they would be", file=sys.stderr)
        shutil.chown(self.files, self.user)
        MEMORY.mkdir()
        if len(self.processors) > 1:
            ours = set(sorted(self.processors)[: len(self.processors) // 2])
            os.sched_setaffinity(0, ours)
            run_servers_on(self.processors - ours)
        return self

    def __exit__(self, *_):
        if len(self.processors) > 1:
            run_servers_on(self.processors)
        shutil.rmtree(MEMORY, ignore_errors=True)
        if self.mounted:
            call(["umount", "--lazy", self.files])
        shutil.rmtree(self.files, ignore_errors=True)

    def write(self, name, content, there):
        """A file, here or there."""
        path = (self.files if there else MEMORY) / name
        if isinstance(content, Path):
            shutil.copyfile(content, path)
        else:
            path.write_bytes(content)
        if there:
            shutil.chown(path, self.user)
        return path


def run_servers_on(processors):
    """Those that are up, and what they start from now on."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "exe").readlink().is_relative_to(LAB):
                os.sched_setaffinity(int(process.name), processors)
        except OSError:
            # It has ended meanwhile.
            pass


def environment(**more):
    """What `.ci/servers env` tells."""
    names = [f"FTPS_TEST_{name}" for name in ("SERVERS", "CA", "HOME", "USER", "PASSWORD")]
    shell = f'eval "$({SERVERS} env)"; for name in {" ".join(names)}; do printf "%s\\n" "${{!name}}"; done'
    told = call(["bash", "-c", shell], stdout=subprocess.PIPE, env={**os.environ, **more}).stdout
    return dict(zip(names, told.splitlines()))


class Far(Near):
    """The same servers in a namespace of their own, behind `delay`."""

    prefix = ["ip", "netns", "exec", "near"]
    # Their home is of memory itself; and what is mounted here later, they would not see.
    mounts = False
    address = "10.78.0.2"

    def __init__(self):
        self.processors = set()
        self.lab = MEMORY.with_name(MARK + "-far")
        self.env = {"FTPS_LAB": str(self.lab)}

    def __enter__(self):
        self.lab.mkdir()
        # What is there for loopback need not be fetched again. A copy: it may be out of date, and is in use.
        for name in ("root", "pyftpdlib"):
            if (LAB / name).exists():
                shutil.copytree(LAB / name, self.lab / name, symlinks=True)
        if (LAB / "unpacked").exists():
            shutil.copy(LAB / "unpacked", self.lab)
        # In a session of its own: what stops this one ends the servers first.
        self.network = subprocess.Popen(
            [HERE / "delay", "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self.network.stdout.readline() == "up\n", "no network: is another `delay` at work?"
        self.serve("setup")
        self.serve("up", self.address, within=["ip", "netns", "exec", "far"])
        env = environment(**self.env)
        env["FTPS_TEST_SERVERS"] = env["FTPS_TEST_SERVERS"].replace("127.0.0.1", self.address)
        self.take(env)
        return super().__enter__()

    def __exit__(self, *failed):
        super().__exit__(*failed)
        self.serve("down")
        self.network.terminate()
        self.network.wait()
        shutil.rmtree(self.lab, ignore_errors=True)

    def serve(self, *what, within=()):
        call([*within, SERVERS, *what], env={**os.environ, **self.env})

    def set_rtt(self, milliseconds):
        self.network.stdin.write(f"{milliseconds}\n")
        self.network.stdin.flush()
        assert self.network.stdout.readline().startswith("a round trip takes")
