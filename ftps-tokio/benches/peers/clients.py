"""How each client is asked to move files, and what a run of it costs."""

import os, subprocess, sys, time

from lab import ROOT

PEER = ROOT / "target/release/peers"
FTPS = ROOT / "target/release/ftps"
# Those of the program `peers`, which forget what they download.
LIBRARIES = ("suppaftp", "tokio", "blocking", "smol")


class Run:
    """Seconds of CPU of the client's process, seconds on the clock, and whether it said that it succeeded."""

    def __init__(self, cpu, wall, good):
        self.cpu, self.wall, self.good = cpu, wall, good


class Clients:
    def __init__(self, lab, directory):
        self.lab, self.directory = lab, directory
        self.env = dict(os.environ, FTPS_USER=lab.user, FTPS_PASSWORD=lab.password)

    def command(self, client, verb, at, files, into):
        """Download files of the directory into one here or to /dev/null, or upload local ones."""
        at = f"{at}/{self.directory}"
        login = f"{self.lab.user}:{self.lab.password}"
        name, *options = client.split(" ")
        if name == "ftps":
            options = [FTPS, verb, "-q", "--user", self.lab.user, "--ca-file", self.lab.ca, *options]
            if verb == "put":
                return options + files + [f"ftpes://{at}/"]
            target = ["-o", into] if into == "/dev/null" else ["-O", into]
            return options + target + [f"ftpes://{at}/{file}" for file in files]
        if name == "curl":
            options = ["curl", "-sS", "--ssl-reqd", "--cacert", self.lab.ca, "--user", login]
            if verb == "put":
                return options + [word for file in files for word in ("-T", file, f"ftp://{at}/")]
            to = ["-o/dev/null" if into == "/dev/null" else f"-o{into}/{file}" for file in files]
            return options + [word for file, to in zip(files, to) for word in (to, f"ftp://{at}/{file}")]
        if name == "lftp":
            script = f"set cmd:fail-exit yes; set xfer:clobber yes; set net:max-retries 1; set ssl:ca-file {self.lab.ca}; "
            script += "set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ftp:sync-mode no; "
            script += f"open -u {login.replace(':', ',')} ftp://{at}; "
            if verb == "put":
                script += f"put {' '.join(files)}"
            elif into == "/dev/null":
                script += "get " + " ".join(f"{file} -o /dev/null" for file in files)
            else:
                script += f"get -O {into} {' '.join(files)}"
            return ["lftp", "-c", script]
        return [PEER, client, verb, at, self.lab.ca, *files]

    def run(self, client, verb, at, files, into="/dev/null"):
        begun = time.monotonic()
        child = subprocess.Popen(
            [*self.lab.prefix, *self.command(client, verb, at, files, into)], env=self.env, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )
        said = child.stderr.read().decode(errors="replace")
        # This command's CPU alone.
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
        if status:
            print(f"{client} failed: {said[-200:].strip()}", file=sys.stderr)
        return Run(usage.ru_utime + usage.ru_stime, time.monotonic() - begun, status == 0)
