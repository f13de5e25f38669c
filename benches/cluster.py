"""Runs the operator against a real API server and prints each figure of benches/README.md, section "Cluster".

    cluster.py FOLDER KUBE GAPLESS [NAME...]     tests/cluster/bench.rs brings the first two; NAME: only these

FOLDER is that of a cluster of the tests: its kubeconfig, its audit log. The operator is a process of its own on this
machine, with an account of its own. Memory is its resident set (smaps_rollup), CPU what the kernel
counted (schedstat), instants and writes those of the API server's audit log.
"""
import collections
import concurrent.futures
import datetime
import http.client
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time

FOLDER, KUBE, GAPLESS = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
ONLY = sys.argv[4:]
KUBECONFIG = FOLDER / "kubeconfig"
GROUP = "/apis/gapless.dev/v1alpha1"
DAY = datetime.timedelta(days=1)


def line(what, measured, limit="", holds=True):
    print(f"{what:<74} {measured:>16}   {limit:>10}   {'' if not limit else 'ok' if holds else 'MISSED'}", flush=True)


def kubectl(*words):
    return subprocess.run([KUBE, "kubectl", "--kubeconfig", str(KUBECONFIG), *words], check=True, capture_output=True, text=True).stdout


class Api:
    """The administrator's calls, a connection a thread."""

    def __init__(self):
        text = KUBECONFIG.read_text()
        self.host = re.search(r"https://([0-9.]+)", text)[1]
        self.token = re.search(r"token: (\w+)", text)[1]
        self.tls = ssl.create_default_context(cafile=FOLDER / "certs/apiserver.crt")
        self.own = threading.local()

    def call(self, verb, path, body=None):
        if not hasattr(self.own, "link"):
            self.own.link = http.client.HTTPSConnection(self.host, context=self.tls)
        link, headers = self.own.link, {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if time.time() - getattr(self.own, "used", 0) > 30:
            link.close()  # the server may have; a request opens it again
        self.own.used = time.time()
        link.request(verb, path, body and json.dumps(body), headers)
        answer = link.getresponse()
        text = answer.read()
        if answer.status >= 300:
            sys.exit(f"{verb} {path}: {answer.status} {text[:500]}")
        return json.loads(text)

    def create_all(self, path, objects):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda o: self.call("POST", path, o), objects))


API = Api()


class Audit:
    """What the API server answered from now on."""

    def __init__(self):
        self.from_ = (FOLDER / "audit.log").stat().st_size

    def events(self, namespace):
        with open(FOLDER / "audit.log", "rb") as log:
            log.seek(self.from_)
            events = [json.loads(text) for text in log.read().split(b"\n") if text.startswith(b"{") and text.endswith(b"}")]
        return [e for e in events if e.get("objectRef", {}).get("namespace") == namespace]

    def writes(self, namespace):
        own = f"system:serviceaccount:{namespace}:gapless"
        verbs = ("create", "update", "patch", "delete")
        return [e for e in self.events(namespace)
                if e["user"]["username"] == own and e["verb"] in verbs and e["objectRef"]["resource"] != "leases"]


def instant(text):
    return datetime.datetime.fromisoformat(text).timestamp()


def kind(event):
    ref = event["objectRef"]
    return " ".join([event["verb"], ref["resource"] + ("/" + ref["subresource"] if "subresource" in ref else "")])


WORLDS = []


def last():
    return datetime.datetime.now(datetime.UTC).date() - 2 * DAY


def kinds(events):
    count = collections.Counter(f"{kind(e)} {e['responseStatus']['code']}" for e in events)
    return ", ".join(f"{n} {k}" for k, n in sorted(count.items()))


def told(writes):
    line("  writes of that start: " + kinds(writes), f"{len(writes)}", "0", not writes)


class World:
    """A namespace with a warehouse, and the operator in it."""

    def __init__(self, name):
        self.name, self.process = f"bench-{name}-{os.getpid()}", None
        WORLDS.append(self)
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=FOLDER / "volumes"))
        self.folder.chmod(0o777)
        API.call("POST", "/api/v1/namespaces", {"metadata": {"name": self.name}})
        API.call("POST", f"/api/v1/namespaces/{self.name}/serviceaccounts", {"metadata": {"name": "gapless"}})
        kubectl("-n", self.name, "create", "rolebinding", "gapless", "--clusterrole=cluster-admin", f"--serviceaccount={self.name}:gapless")
        token = kubectl("-n", self.name, "create", "token", "gapless").strip()
        text = re.sub(r"token: \w+", f"token: {token}", KUBECONFIG.read_text())
        self.kubeconfig = self.folder / "kubeconfig"
        self.kubeconfig.write_text(text)
        self.make("warehouses", {"kind": "Warehouse", "metadata": {"name": "w"}, "spec": {"files": {"folder": "w"}}})

    def make(self, plural, *objects):
        bodies = [{"apiVersion": "gapless.dev/v1alpha1", **o} for o in objects]
        API.create_all(f"{GROUP}/namespaces/{self.name}/{plural}", bodies)

    def season(self, name, days):
        """Dates that are long due, the last of them two days ago."""
        dates = {"from": str(last() - (days - 1) * DAY), "through": str(last())}
        spec = {"warehouse": "w", "timeZone": "UTC", "dates": dates}
        self.make("seasons", {"kind": "Season", "metadata": {"name": name}, "spec": spec})

    def coverages(self, *named):
        """(name, season, table, how it is filled)."""
        def of(name, season, table, fill):
            spec = {"season": season, "table": table, "date": "day", "unit": {"whole": "Date"}, **({"fill": fill} if fill else {})}
            return {"kind": "TableCoverage", "metadata": {"name": name}, "spec": spec}
        self.make("tablecoverages", *(of(*n) for n in named))

    def table(self, name, days):
        for n in range(days):
            folder = self.folder / "w" / name / f"day={last() - n * DAY}"
            folder.mkdir(parents=True)
            (folder / "part.csv").write_text("n\n1\n")

    def filler(self, script, selector=None):
        """A CronJob whose pods run a script on this world's folder."""
        (self.folder / "w").mkdir(exist_ok=True)
        (self.folder / "w").chmod(0o777)
        volume = {"name": "w", "hostPath": {"path": str(self.folder)}}
        container = {"name": "fill", "image": "local/shell:test", "imagePullPolicy": "Never", "args": [script],
                     "volumeMounts": [{"name": "w", "mountPath": "/warehouse"}]}
        pod = {"restartPolicy": "Never", "automountServiceAccountToken": False, "terminationGracePeriodSeconds": 1,
               "nodeSelector": selector or {}, "volumes": [volume], "containers": [container]}
        spec = {"schedule": "0 6 * * *", "suspend": True, "jobTemplate": {"spec": {"template": {"spec": pod}}}}
        metadata = {"name": "fill", "annotations": {"gapless.dev/fill": "allowed"}}
        API.call("POST", f"/apis/batch/v1/namespaces/{self.name}/cronjobs", {"metadata": metadata, "spec": spec})

    def start(self, *flags):
        self.audit, self.log = Audit(), open(self.folder / "log", "ab")
        words = ["operator", "--kubeconfig", str(self.kubeconfig), "--namespace", self.name, "--files-root", str(self.folder),
                 "--state", str(self.folder / "state"),
                 "--listen", "127.0.0.1:0", "--lease-namespace", self.name, "--slow-start", "0s", "--log-format", "json", *flags]
        self.began = time.time()
        self.process = subprocess.Popen([GAPLESS, *words], stderr=self.log, stdout=self.log)

    def cpu(self):
        """CPU seconds of all its threads."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(t.read_text().split()[0]) for t in tasks) / 1e9

    def memory(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return int(re.search(r"^Rss:\s+(\d+)", text, re.M)[1]) / 1024

    def peak(self):
        return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text())[1]) / 1024

    def quiet(self, seconds=6, patience=400):
        """Waits until nothing was written for so long; when the last write was."""
        end = time.time() + patience
        while time.time() < end:
            if self.process.poll() is not None:
                sys.exit(f"the operator ended: {(self.folder / 'log').read_text()[-2000:]}")
            now = time.time()  # before the log is read, which takes its time
            writes = self.audit.writes(self.name)
            last = max((instant(e["stageTimestamp"]) for e in writes), default=self.began)
            if now - last > seconds:
                return last
            time.sleep(0.5)
        sys.exit("never quiet")

    def end(self):
        if self.process:
            self.process.terminate()
            self.process.wait(20)
        kubectl("delete", "namespace", self.name, "--wait=false")
        shutil.rmtree(self.folder, ignore_errors=True)


def rest(world, seconds=int(os.environ.get("GAPLESS_REST", 120))):
    """The share of a core over so long a rest: two looks at each table. Within a minute after the last write all rows are
    compared once with what stands there; that is no rest yet."""
    time.sleep(60)
    cpu = world.cpu()
    time.sleep(seconds)
    return (world.cpu() - cpu) / seconds


def idle():
    world = World("idle")
    world.start()
    world.quiet(15)
    line("memory, nothing to do", f"{world.memory():.1f} MiB", "25 MiB", world.memory() <= 25)
    share = rest(world)
    line("CPU at rest, nothing to do", f"{share:.3%}", "0.1 %", share <= 0.001)
    world.end()


def twenty():
    world = World("twenty")
    for n in range(20):
        world.table(f"t{n}", 1000)
    world.season("s", 1000)
    world.coverages(*((f"c{n}", "s", f"t{n}", None) for n in range(20)))
    world.start("--write-rate", "500")
    last = world.quiet(12)
    line("20 coverages of 1,000 dates, 1,000 GameDates to create: quiet after", f"{last - world.began:.1f} s")
    line("  memory", f"{world.memory():.1f} MiB", "40 MiB", world.memory() <= 40)
    line("  its peak", f"{world.peak():.1f} MiB")
    share = rest(world)
    line("  CPU at rest", f"{share:.3%}", "0.1 %", share <= 0.001)
    again(world)
    world.end()


def league():
    """As people have it: five seasons of 200 dates, four coverages each."""
    world = World("league")
    for n in range(20):
        world.table(f"t{n}", 200)
    for n in range(5):
        world.season(f"s{n}", 200)
    world.coverages(*((f"c{n}", f"s{n % 5}", f"t{n}", None) for n in range(20)))
    world.start("--write-rate", "500")
    last = world.quiet(12)
    line("1,000 GameDates of 5 seasons, 4 coverages each: quiet after", f"{last - world.began:.1f} s")
    line("  memory", f"{world.memory():.1f} MiB", "40 MiB", world.memory() <= 40)
    again(world)
    world.end()


def again(world):
    """The same world under a process of its own."""
    world.process.terminate()
    world.process.wait(20)
    world.start()
    world.quiet(20)
    line("  the same started anew, nothing to write: memory", f"{world.memory():.1f} MiB", "40 MiB", world.memory() <= 40)
    told(world.audit.writes(world.name))


def ten_thousand():
    world = World("many")
    for n in range(20):
        world.table(f"t{n}", 1000)
    for n in range(10):
        world.season(f"s{n}", 1000)
    world.coverages(*((f"c{n}", f"s{n % 10}", f"t{n}", None) for n in range(20)))
    world.start("--write-rate", "2000", "--write-burst", "2000")
    last = world.quiet(12)
    line("10,000 GameDates of 10 seasons to create, 20 coverages: quiet after", f"{last - world.began:.1f} s")
    line("  memory", f"{world.memory():.1f} MiB", "60 MiB", world.memory() <= 60)
    line("  its peak", f"{world.peak():.1f} MiB")
    world.process.terminate()
    world.process.wait(20)
    world.start()
    world.quiet(20)
    line("  the same started anew: memory", f"{world.memory():.1f} MiB", "60 MiB", world.memory() <= 60)
    line("  its peak", f"{world.peak():.1f} MiB")
    share = rest(world)
    line("  CPU at rest", f"{share:.3%}", "0.1 %", share <= 0.001)
    world.end()


WRITE = "d=/warehouse/w/t/day=$GAPLESS_DATE; mkdir -p $d; echo 'n\n1' > $d/.new; mv $d/.new $d/part.csv"


def fill(jobs):
    attempts = {"max": 3, "backoff": {"initial": "2s", "max": "5s"}}
    return {"mode": "Fill", "ladder": [{"name": "load", "jobFrom": {"cronJob": "fill"}, "attempts": attempts}],
            "maxConcurrentJobs": jobs, "deadline": "300s", "settle": "1s"}


def creation():
    """100 gaps, pods that nowhere start: only creation counts."""
    for rate in ([], ["--write-rate", "500", "--write-burst", "500"]):
        world = World("creation" + str(len(rate)))
        world.filler("true", {"no": "such-node"})
        (world.folder / "w/t").mkdir()
        world.season("s", 100)
        world.start("--max-jobs", "200", *rate)
        world.quiet(8)
        audit, cpu, at = Audit(), world.cpu(), time.time()
        world.coverages(("c", "s", "t", fill(100)))
        created = []
        while len(created) < 100 and time.time() < at + 60:
            time.sleep(0.2)
            created = [e for e in audit.writes(world.name) if kind(e) == "create jobs" and e["responseStatus"]["code"] == 201]
        first, last = (f(instant(e["stageTimestamp"]) for e in created) - at for f in (min, max))
        words = "its limits for writes as they come" if not rate else "500 writes a second"
        line(f"100 gaps: from the coverage's creation to the first Job, {words}", f"{first:.2f} s")
        line(f"  to the 100th Job", f"{last:.2f} s", "5 s", last <= 5)
        line("  CPU a Job, until all are created", f"{(world.cpu() - cpu) * 10:.2f} ms")
        world.end()


def life(gaps):
    world = World(f"life{gaps}")
    world.filler(WRITE)
    (world.folder / "w/t").mkdir()
    (world.folder / "w/t").chmod(0o777)
    world.season("s", gaps)
    world.start("--max-jobs", "200")
    world.quiet(8)
    audit, cpu = Audit(), world.cpu()
    world.audit = audit
    world.coverages(("c", "s", "t", fill(100)))
    wait = time.time() + 400
    while time.time() < wait:
        status = API.call("GET", f"{GROUP}/namespaces/{world.name}/tablecoverages/c").get("status", {})
        ready = [c["status"] for c in status.get("conditions", []) if c["type"] == "Ready"]
        if ready == ["True"]:
            break
        time.sleep(0.5)
    world.quiet(8)
    spent, writes = world.cpu() - cpu, audit.writes(world.name)
    jobs = sum(kind(e) == "create jobs" for e in writes)
    line(f"{gaps} gap(s), each filled by a Job ({jobs} Jobs): writes a gap", f"{len(writes) / gaps:.2f}", "4", len(writes) <= 4 * gaps)
    line("  " + kinds(writes), "")
    line("  CPU a Job over its life", f"{spent / jobs * 1000:.2f} ms", "3 ms", spent / jobs <= 0.003)
    if gaps == 1:
        outcome(audit, world)
    world.end()


def outcome(audit, world):
    """From the Job's end, and its settle of a second, to the status that tells what came of it."""
    events = audit.events(world.name)
    ends = [e for e in events if e["objectRef"]["resource"] == "jobs" and e["objectRef"].get("subresource") == "status"
            and any(c["type"] == "Complete" and c["status"] == "True"
                    for c in e.get("responseObject", {}).get("status", {}).get("conditions", []))]
    told = [e for e in events if e["objectRef"]["resource"] == "tablecoverages" and e["objectRef"].get("subresource") == "status"
            and any(c["type"] == "Ready" and c["status"] == "True"
                    for c in e.get("responseObject", {}).get("status", {}).get("conditions", []))]
    if ends and told:
        took = min(instant(e["stageTimestamp"]) for e in told) - min(instant(e["stageTimestamp"]) for e in ends) - 1
        line("  from settle (1 s) after the Job's end to its outcome in status", f"{took:.2f} s", "2 s", took <= 2)


def start():
    """A world with one gap: from exec to the record of its first launch."""
    world = World("start")
    world.filler("true", {"no": "such-node"})
    (world.folder / "w/t").mkdir()
    world.season("s", 1)
    world.coverages(("c", "s", "t", fill(1)))
    world.start()
    world.quiet(5)
    writes = world.audit.writes(world.name)
    first = {}
    for e in writes:
        first.setdefault(kind(e), instant(e["requestReceivedTimestamp"]) - world.began)
    decided = first["patch tablecoverages/status"]
    line("from exec to the first decision, in the API server's hands", f"{decided:.2f} s", "1 s", decided <= 1)
    line("  to its Job", f"{first['create jobs']:.2f} s")
    world.end()


def thousand():
    world = World("thousand")
    for n in range(20):
        world.table(f"t{n}", 365)
    world.season("s", 365)
    world.coverages(*((f"c{n}", "s", f"t{n % 20}", None) for n in range(1000)))
    world.start("--write-rate", "500", "--write-burst", "500")
    last = world.quiet(12)
    writes = world.audit.writes(world.name)
    decided = min(instant(e["requestReceivedTimestamp"]) for e in writes if "tablecoverages" in kind(e)) - world.began
    line("1,000 coverages of 365 dates: first status after", f"{decided:.1f} s")
    line("  quiet after", f"{last - world.began:.1f} s")
    line("  writes a second until then", f"{len(writes) / (last - world.began):.0f}")
    line("  CPU until then", f"{world.cpu():.1f} s")
    line("  memory", f"{world.memory():.0f} MiB")
    line("  its peak", f"{world.peak():.0f} MiB")
    world.process.terminate()
    world.process.wait(20)
    world.start()
    world.quiet(20)
    line("  started anew: memory", f"{world.memory():.0f} MiB")
    told(world.audit.writes(world.name))
    world.end()


ALL = {"idle": idle, "league": league, "twenty": twenty, "ten-thousand": ten_thousand, "start": start, "creation": creation,
       "one-gap": lambda: life(1), "hundred-gaps": lambda: life(100), "thousand": thousand}

try:
    for name, measure in ALL.items():
        if not ONLY or name in ONLY:
            measure()
finally:
    for world in WORLDS:
        if world.process and world.process.poll() is None:
            world.process.kill()
