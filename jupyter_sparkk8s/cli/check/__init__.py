"""``jupyter sparkk8s check``: whether kernels can start, line by line, each with the next step where it is not well."""

from __future__ import annotations

import asyncio
import json
import signal
import uuid
from typing import TYPE_CHECKING

from ...config.checks import check as check_settings
from ...config.files import load_settings
from ...errors import ApiError, ApiUnreachable, ConfigurationError
from ...kubernetes.kernels import CHECK_SERVER
from ..connected import connected, specification
from . import findings, questions
from .line import Line, Verdict, of_cause, ok, unknown, wrong
from .pods import Found, Trial

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from ...config.traits import SparkK8s
    from ...kubernetes.client import Cluster
    from ...models.driver import DriverSpec

HELP = (
    "Check that kernels can start under these settings: connection, rights, claims, quota, Pod Security, and by test pods the "
    "accounts, the image, the volumes and the network. Exit code 1 if anything is wrong."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    parser.add_argument("--profile", help="check a profile of c.SparkK8s.profiles")
    parser.add_argument("--user", default="", help="check as the kernels of this user would be (the one who runs it)")
    parser.add_argument("--image", help="check another image than c.SparkK8s.image")
    parser.add_argument("--no-pods", action="store_true", help="make no test pods; what only they can tell is unknown")
    parser.add_argument("--network", action="store_true", help="also try, by one more pod, whether a NetworkPolicy is enforced")
    parser.add_argument("--timeout", type=float, metavar="S", help="seconds for each test pod (c.SparkK8s.start_timeout_s)")
    parser.add_argument("--json", action="store_true", help="a JSON list of lines: name, verdict, said, next_step")


def run(arguments: argparse.Namespace) -> int:
    """Print each line as it is found. 1 where one is wrong."""
    lines: list[Line] = []

    def say(line: Line) -> None:
        lines.append(line)
        if not arguments.json:
            print(line.text(), flush=True)

    try:
        asyncio.run(_interruptible(arguments, say))
    finally:
        if arguments.json:
            print(json.dumps([line.as_json() for line in lines], indent=1))
    counts = {verdict: sum(line.verdict is verdict for line in lines) for verdict in Verdict}
    if not arguments.json:
        print("\n" + ", ".join(f"{count} {verdict.value}" for verdict, count in counts.items()))
    return int(counts[Verdict.WRONG] > 0)


async def _interruptible(arguments: argparse.Namespace, say: Callable[[Line], None]) -> None:
    """What a SIGTERM or Ctrl-C ends still deletes its pods."""
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await _check(arguments, say)


async def _check(arguments: argparse.Namespace, say: Callable[[Line], None]) -> None:
    try:
        settings = load_settings()
        if arguments.image:
            settings.image = arguments.image
        check_settings(settings)
        server_id = f"{CHECK_SERVER}{uuid.uuid4().hex[:8]}"
        spec = specification(settings, user=arguments.user, profile=arguments.profile, server_id=server_id)
    except ConfigurationError as error:
        say(wrong("configuration", str(error), "Then run the check again."))
        return
    say(ok("configuration", f"namespace {spec.namespace}, image {spec.image}"))
    try:
        async with connected(settings) as cluster:
            await _ask(cluster, settings, spec, arguments, say)
    except ConfigurationError as error:
        say(wrong("connection", str(error), "Then run the check again."))
    except ApiUnreachable as error:
        say(of_cause("connection", error.cause))
    except ApiError as error:
        say(of_cause("login" if error.status == 401 else "check", error.cause))


_NO_PODS = ("the test pods can't start with what is wrong above.", "Mend that, then run the check again.")


def _unseen(why: str, step: str) -> Line:
    """In place of all that only test pods can tell."""
    return unknown("image, volumes, rights of drivers and executors, network", why, step)


async def _ask(
    cluster: Cluster, settings: SparkK8s, spec: DriverSpec, arguments: argparse.Namespace, say: Callable[[Line], None]
) -> None:
    line = await questions.version(cluster)
    say(ok("connection", cluster.host))
    say(line)
    say(questions.tls(cluster))
    line, user = await questions.login(cluster)
    say(line)
    if line.verdict is Verdict.WRONG:
        return
    line = await questions.rights(cluster, spec.namespace)
    say(line)
    if line.verdict is Verdict.WRONG:
        return
    accepted = True
    for role in ("driver", "executor"):
        for line in await questions.dry_run(cluster, role, spec):
            accepted = accepted and line.verdict is Verdict.OK
            say(line)
    if accepted:
        say(await questions.quota(cluster, spec))
    claims = await questions.claims(cluster, spec)
    if arguments.no_pods or not accepted or any(line.verdict is Verdict.WRONG for line in claims.values()):
        for line in claims.values():
            say(line)
        say(_unseen("no test pods (--no-pods).", "Run it without --no-pods.") if arguments.no_pods else _unseen(*_NO_PODS))
        return
    inside = await questions.server_inside(cluster, settings, spec.namespace, user)
    found = await Trial(cluster, spec, arguments.timeout or spec.start_timeout_s).run(arguments.network)
    for line in _of_pods(found, spec, claims, inside):
        say(line)


def _of_pods(found: Found, spec: DriverSpec, claims: dict[str, Line], inside: bool) -> list[Line]:
    """What the test pods showed. A claim that they had mounted is there, whoever may read it."""
    driver, executor = found.driver, found.executor
    lines = [
        ok(line.name, "mounted in driver and executor; the login may not read its access mode")
        if executor is not None and line.verdict is Verdict.UNKNOWN
        else line
        for line in claims.values()
    ]
    if driver is None:
        return [*lines, of_cause("driver pod's start", found.trouble), _unseen(*_NO_PODS)]
    lines += [findings.image(driver, spec.image), *findings.mounts("driver", driver, spec)]
    if "unreachable" in driver:
        step = "Let pods of the namespace reach the API server: look at its NetworkPolicies."
        return [*lines, wrong("network", f"a driver does not reach the API server: {driver['unreachable']}", step)]
    lines.append(findings.rights("drivers", driver["refused"], driver["asked"], spec.namespace))
    lines.append(findings.policy(driver, inside, spec))
    if driver["executor"]:
        return [*lines, findings.executor_refused(driver["executor"])]
    if executor is None:
        return [*lines, of_cause("executor pod's start", found.trouble)]
    lines += [*findings.same_image(driver, executor), *findings.mounts("executor", executor, spec)]
    return [*lines, *findings.executor(executor), findings.stranger(found.stranger, spec.namespace)]
