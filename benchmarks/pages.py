"""People at the pages all at once: `python -m benchmarks.pages [--users 50] [--seconds 300]`.

A server in a process of its own on SQLite and loopback; each user is a thread with a session, who does what his role does:
reports, looks at boards and tasks, opens cases, acts. Prints requests, errors and how long they took by kind of page.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

import httpx2

ROOT = Path(__file__).parent.parent
APP = ROOT / "examples" / "elevator_maintenance"
STAFF = (
    "employee:lin",
    "employee:chen",
    "employee:zhang",
    "employee:wu",
    "employee:sun",
    "employee:zheng",
    "employee:fang",
)
PAUSE = (0.5, 1.5)
"Seconds that a person looks at a page before the next click."


class User:
    """One browser. `took` gets the seconds of each request by its kind."""

    def __init__(self, base: str, number: int, took: dict[str, list[float]], errors: list[str]) -> None:
        self.client = httpx2.Client(base_url=base, follow_redirects=True, timeout=30)
        self.random, self.took, self.errors = random.Random(number), took, errors

    def ask(self, kind: str, method: str, path: str, **more: object) -> httpx2.Response | None:
        begun = time.perf_counter()
        try:
            answer = self.client.request(method, path, **more)  # type: ignore[arg-type]
        except httpx2.HTTPError as error:
            self.errors.append(f"{kind}: {error!r}")
            return None
        self.took[kind].append(time.perf_counter() - begun)
        if answer.status_code >= 500 or answer.status_code in (403, 429):
            self.errors.append(f"{kind}: {answer.status_code}")
        return answer

    def token(self, page: httpx2.Response | None) -> str:
        found = re.search(r'name="_token" value="([^"]+)"', page.text) if page is not None else None
        return found[1] if found else ""

    def report(self) -> None:
        doors = re.findall(r'href="(/report/[^"]+)"', self.client.get("/demo").text)
        page = self.ask("report form", "GET", self.random.choice(doors))
        if page is None:
            return
        phone = f"139{self.random.randrange(10**8):08}"
        values = {"f-fault_type": "门机故障", "f-description": "门关不上", "f-phone": phone, "_token": self.token(page)}
        key = re.search(r'name="_key" value="([^"]+)"', page.text)
        self.ask("report", "POST", str(page.url.path), data={**values, "_key": key[1] if key else ""})

    def work(self, actor: str) -> None:
        page = self.client.get("/demo")
        self.ask("sign in", "POST", "/demo/be", data={"actor": actor, "_token": self.token(page)})
        tasks = self.ask("tasks", "GET", "/tasks")
        self.ask("cases", "GET", "/cases")
        if actor in STAFF[:2]:
            self.ask("board", "GET", "/views/dispatch_board")
        links = re.findall(r'href="(/cases/[a-z0-9]+)"', tasks.text) if tasks is not None else []
        if links:
            self.ask("case", "GET", self.random.choice(links))
        doing = (
            re.findall(r'href="(/cases/[a-z0-9]+/do/(?:accept|comment|assign))"', tasks.text)
            if tasks is not None
            else []
        )
        if doing:
            form = self.ask("form", "GET", self.random.choice(doing))
            if form is not None and form.url.path.endswith("/accept"):
                data = dict(re.findall(r'name="(_\w+)" value="([^"]*)"', form.text))
                self.ask("act", "POST", str(form.url.path), data=data)

    def live(self, until: float, actor: str | None) -> None:
        while time.perf_counter() < until:
            if actor is None:
                self.report()
            else:
                self.work(actor)
            time.sleep(self.random.uniform(*PAUSE))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--port", type=int, default=8655)
    asked = parser.parse_args()
    base = f"http://127.0.0.1:{asked.port}"
    database = ROOT / f"benchmark-pages-{asked.port}.db"
    command = [sys.executable, "-m", "flowkit", "serve", str(APP), "--demo", "--port", str(asked.port)]
    server = subprocess.Popen([*command, "--database", f"sqlite:///{database}"], stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                if httpx2.get(f"{base}/health", timeout=1).status_code == 200:
                    break
            except httpx2.HTTPError:
                time.sleep(0.2)
        took: dict[str, list[float]] = defaultdict(list)
        errors: list[str] = []
        until = time.perf_counter() + asked.seconds
        users = [User(base, n, took, errors) for n in range(asked.users)]
        actors = [None if n % 5 == 0 else STAFF[n % len(STAFF)] for n in range(asked.users)]
        threads = [threading.Thread(target=u.live, args=(until, a)) for u, a in zip(users, actors, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        server.terminate()
        server.wait(20)
        for path in ROOT.glob(f"{database.name}*"):
            path.unlink()
    every = sorted(seconds for each in took.values() for seconds in each)
    print(
        f"{asked.users} users, {asked.seconds:.0f} s: {len(every)} requests, {len(every) / asked.seconds:.0f} a second, {len(errors)} errors"
    )
    for kind, found in [*sorted(took.items()), ("all", every)]:
        print(f"{kind:12} {len(found):6}  p50 {_at(found, 0.5)}  p99 {_at(found, 0.99)}  most {_at(found, 1)}")
    for error, count in sorted({e: errors.count(e) for e in set(errors)}.items()):
        print(f"{count:6} × {error}")


def _at(found: list[float], share: float) -> str:
    ordered = sorted(found)
    return f"{1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]:6.0f} ms"


if __name__ == "__main__":
    main()
