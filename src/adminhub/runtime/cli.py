"""The commands behind `./hub`: up, down, status, read, match, manage, test, bench, screenshots, lock."""

import argparse
import contextlib
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from adminhub.runtime.environment import DEFAULT_PORT_BASE, ROOT, Ports
from adminhub.runtime.errors import CannotStart, explain

WAIT_SECONDS = 300


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["read"]:
        # The reader has its own arguments, and needs none of the rest.
        read: Any = importlib.import_module("adminhub.mis.cli")
        return int(read.main(arguments[1:]))
    if arguments[:1] == ["match"]:
        match: Any = importlib.import_module("adminhub.hub.matching.cli")
        return int(match.main(arguments[1:]))
    options = _parser().parse_args(arguments or ["--help"])
    try:
        result: int = options.run(options)
        return result
    except CannotStart as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except OSError as error:
        print(explain(error, doing=f"./hub {options.command}"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./hub", description="Admin Hub: sync a school's MIS with care.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="start everything (Ctrl-C stops it)")
    up.add_argument("--detach", action="store_true", help="return once all is ready; ./hub down stops it")
    up.add_argument("--json", action="store_true", help="print one JSON object with addresses and log-ins")
    up.add_argument(
        "--port-base", type=int, default=None, metavar="N",
        help="hub N, broker N+10, Wellbeing N+20, mailbox N+30 (default 8000)",
    )  # fmt: skip
    up.add_argument(
        "--tls", action="store_true",
        help="serve the broker's API over https too, on N+11, with a certificate made for this computer",
    )  # fmt: skip
    _add_data(up)
    up.set_defaults(run=_up)

    down = commands.add_parser("down", help="stop what runs, and return when all is gone")
    _add_data(down)
    down.set_defaults(run=_down)

    status = commands.add_parser("status", help="print the addresses and log-ins of what runs")
    status.add_argument("--json", action="store_true")
    _add_data(status)
    status.set_defaults(run=_status)

    commands.add_parser("read", help="print what a reader finds in MIS export files (./hub read --help)")

    commands.add_parser(
        "match", help="match a hub's people with an MIS's from two CSV files (./hub match --help)"
    )

    manage = commands.add_parser("manage", help="run a Django command on a site, e.g. manage hub shell")
    manage.add_argument("site", choices=["hub", "broker", "wellbeing"])
    manage.add_argument("arguments", nargs=argparse.REMAINDER)
    _add_data(manage)
    manage.set_defaults(run=_manage)

    september = commands.add_parser("september", help="demo: the schools' MIS roll over to the next year")
    september.add_argument(
        "--years", type=int, default=1, metavar="N", help="years after the first (default 1)"
    )
    september.add_argument("--school", default="", metavar="KEY", help="only this one: oakhill or maple")
    _add_data(september)
    september.set_defaults(run=_september)

    test = commands.add_parser("test", help="check everything; or only some: lint types units journeys …")
    test.add_argument("only", nargs="*", help="names or beginnings of checks; nothing means all")
    test.add_argument("--list", action="store_true", help="print the checks' names")
    test.set_defaults(run=_test)

    bench = commands.add_parser("bench", help="measure, e.g. bench journey")
    bench.add_argument("name", nargs="?", help="a module of benchmarks/")
    bench.add_argument("arguments", nargs=argparse.REMAINDER)
    bench.set_defaults(run=_bench)

    screenshots = commands.add_parser("screenshots", help="make the README's pictures")
    screenshots.add_argument("arguments", nargs=argparse.REMAINDER)
    screenshots.set_defaults(run=_screenshots)

    lock = commands.add_parser("lock", help="write requirements/*.txt anew from pyproject.toml")
    lock.add_argument("--upgrade", action="store_true", help="take newer versions")
    lock.set_defaults(run=_lock)
    return parser


def _add_data(parser: argparse.ArgumentParser) -> None:
    default = Path(os.environ.get("ADMINHUB_DATA", str(ROOT / "var")))
    parser.add_argument(
        "--data", type=Path, default=default, metavar="DIR", help="where everything is kept (default var/)"
    )


def say(text: str) -> None:
    """Tell a person on standard error; a closed terminal is no reason to stop tidying up."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def _up(options: argparse.Namespace) -> int:
    from adminhub.runtime import supervisor

    data: Path = options.data.expanduser().resolve()
    base: int | None = options.port_base
    running = supervisor.running_state(data)
    if running is None and supervisor.is_locked(data):
        running = _wait_for_other(data)
    if running is not None:
        if base is not None and base != running["port_base"]:
            raise CannotStart(
                f"Admin Hub already runs on {data} with --port-base {running['port_base']}. "
                f"Stop it first (./hub down --data {data}), or use another --data."
            )
        if options.tls and "broker_tls_api_url" not in running["answer"]:
            raise CannotStart(
                f"Admin Hub already runs on {data} without --tls. Stop it first (./hub down --data {data})."
            )
        say("Admin Hub is already running.")
        _print_answer(running["answer"], as_json=options.json)
        return 0
    ports = Ports(DEFAULT_PORT_BASE if base is None else base, with_tls=options.tls)
    stack = supervisor.Stack(data=data, ports=ports, say=say)
    try:
        if options.detach:
            return _up_detached(stack, as_json=options.json)
        stack.run(on_ready=lambda state: _welcome(state["answer"], as_json=options.json))
    except supervisor.AlreadyHeld:
        raise CannotStart(f"Admin Hub is already being started on {data}. Run ./hub up again.") from None
    return 0


def _wait_for_other(data: Path) -> dict[str, Any] | None:
    """Wait while another `up` is getting ready on the same data."""
    from adminhub.runtime import supervisor

    deadline = time.monotonic() + WAIT_SECONDS
    while supervisor.is_locked(data) and time.monotonic() < deadline:
        if state := supervisor.running_state(data):
            return state
        time.sleep(0.1)
    return None


def _up_detached(stack: Any, *, as_json: bool) -> int:
    """Fork a supervisor into the background and report what it says: ready, or one sentence."""
    from adminhub.runtime import supervisor

    supervisor.make_folder(stack.data)
    (stack.data / "logs").mkdir(exist_ok=True)
    reader, writer = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    first = os.fork()
    if first == 0:
        _become_supervisor(stack, reader, writer)
    os.close(writer)
    os.waitpid(first, 0)
    with os.fdopen(reader) as pipe:
        for line in pipe:
            message = json.loads(line)
            if "say" in message:
                say(message["say"])
            elif "trouble" in message:
                raise CannotStart(message["trouble"])
            else:
                _print_answer(message["answer"], as_json=as_json)
                return 0
    raise CannotStart(f"Admin Hub did not start; {stack.data / 'logs' / 'supervisor.log'} says why.")


def _become_supervisor(stack: Any, reader: int, writer: int) -> NoReturn:
    """Leave the terminal (double fork), log to a file, and run the stack; tell the parent over the pipe."""
    from adminhub.runtime import supervisor

    os.setsid()
    if os.fork() != 0:
        os._exit(0)
    os.close(reader)
    os.chdir("/")
    log = os.open(stack.data / "logs" / "supervisor.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    is_open = True

    def tell(message: dict[str, Any]) -> None:
        if is_open:
            with contextlib.suppress(OSError):
                os.write(writer, json.dumps(message).encode() + b"\n")

    def say_both(text: str) -> None:
        say(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}")
        tell({"say": text})

    def ready(state: dict[str, Any]) -> None:
        nonlocal is_open
        tell(state)
        os.close(writer)
        is_open = False

    status = 0
    stack.say = say_both
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        stack.run(on_ready=ready)
    except CannotStart as trouble:
        say(str(trouble))
        tell({"trouble": str(trouble)})
        status = 1
    except supervisor.AlreadyHeld:
        tell({"trouble": f"Admin Hub is already being started on {stack.data}. Run ./hub up again."})
        status = 1
    except BaseException:
        import traceback

        traceback.print_exc()
        status = 1
    finally:
        os._exit(status)


def _welcome(answer: dict[str, Any], *, as_json: bool) -> None:
    with contextlib.suppress(OSError):
        _print_answer(answer, as_json=as_json)
        if not as_json:
            print("\nCtrl-C stops everything; the data stays.", flush=True)


def _print_answer(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(answer), flush=True)
        return
    from adminhub.runtime.demo.cast import LOGINS

    lines = [
        "",
        "Admin Hub is running.",
        "",
        f"  Admin Hub             {answer['hub_url']}",
        f"  Gatehouse, the broker {answer['broker_url']}   (API {answer['broker_api_url']})",
        f"  Wellbeing, a service  {answer['wellbeing_url']}",
        f"  Every e-mail sent     {answer['mailbox_url']}",
        f"  Data and logs         {answer['data']}",
        "",
        f"  Log-ins, all with the password  {answer['logins']['access_coordinator']['password']}",
    ]
    width = max(len(person.email) for person in LOGINS)
    for site in ("hub", "broker"):
        lines.append(f"  · {'Admin Hub and Wellbeing' if site == 'hub' else 'Gatehouse'}")
        lines += [f"      {p.email:<{width}}  {p.about}" for p in LOGINS if p.site == site]
    print("\n".join(lines), flush=True)


def _down(options: argparse.Namespace) -> int:
    from adminhub.runtime import supervisor

    data: Path = options.data.expanduser().resolve()
    pid = supervisor.holder(data)
    if pid is None:
        say(f"Nothing is running on {data}.")
        return 0
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 40
    while supervisor.is_locked(data):
        if time.monotonic() > deadline:
            raise CannotStart(f"Process {pid} did not stop within 40 seconds; {data / 'logs'} says more.")
        time.sleep(0.03)
    say("Stopped; the data stays.")
    return 0


def _status(options: argparse.Namespace) -> int:
    from adminhub.runtime import supervisor

    data: Path = options.data.expanduser().resolve()
    running = supervisor.running_state(data)
    if running is None:
        say(f"Nothing is running on {data}.")
        return 1
    _print_answer(running["answer"], as_json=options.json)
    return 0


def _manage(options: argparse.Namespace) -> int:
    """Run a Django command with the stack's environment, starting its PostgreSQL for the time if needed."""
    from adminhub.runtime import supervisor
    from adminhub.runtime.environment import SITES, environment
    from adminhub.runtime.postgres import Postgres
    from adminhub.runtime.secret_values import read_or_make

    data: Path = options.data.expanduser().resolve()
    supervisor.check_space(data)
    running = supervisor.running_state(data)
    postgres = Postgres(data / "postgres", databases=SITES)
    with contextlib.ExitStack() as stack:
        if running is None and not os.environ.get(f"{options.site.upper()}_DATABASE_URL"):
            stack.enter_context(supervisor.hold_lock(data))
            stack.callback(postgres.stop)
            postgres.start()
        ports = Ports(running["port_base"] if running else DEFAULT_PORT_BASE)
        os.environ |= environment(
            data=data,
            ports=ports,
            secrets=read_or_make(data / "secrets.json"),
            database_urls={site: postgres.url(site) for site in SITES},
        )
        os.environ["DJANGO_SETTINGS_MODULE"] = f"adminhub.runtime.settings.{options.site}"
        from django.core.management import execute_from_command_line

        execute_from_command_line([f"./hub manage {options.site}", *options.arguments])
    return 0


def _september(options: argparse.Namespace) -> int:
    """Have the demo's broker publish what the schools' MIS say a year later, while the stack runs."""
    from adminhub.runtime import supervisor
    from adminhub.runtime.environment import SITES, environment
    from adminhub.runtime.postgres import Postgres
    from adminhub.runtime.secret_values import read_or_make

    data: Path = options.data.expanduser().resolve()
    running = supervisor.running_state(data)
    if running is None:
        raise CannotStart("Nothing was changed: the demo does not run. Start it first with ./hub up.")
    postgres = Postgres(data / "postgres", databases=SITES)
    env = os.environ | environment(
        data=data,
        ports=Ports(running["port_base"]),
        secrets=read_or_make(data / "secrets.json"),
        database_urls={site: postgres.url(site) for site in SITES},
    )
    for module in ("make_exports", "seed_broker"):
        command = [
            sys.executable,
            "-m",
            f"adminhub.runtime.demo.{module}",
            "--years-later",
            str(options.years),
            "--school",
            options.school,
        ]
        status = subprocess.run(command, env=env, cwd=ROOT, check=False).returncode  # noqa: S603
        if status:
            return status
    say("The demo schools' MIS have rolled over. Start a sync in Admin Hub, and see School > Promotion.")
    return 0


def _test(options: argparse.Namespace) -> int:
    from adminhub.runtime import checks

    return checks.run(options.only, is_list=options.list)


def _bench(options: argparse.Namespace) -> int:
    folder = ROOT / "benchmarks"
    known = sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))
    if options.name not in known:
        raise CannotStart(f"There is no such benchmark. Choose one of: {', '.join(known) or '(none yet)'}.")
    sys.argv = [f"./hub bench {options.name}", *options.arguments]
    runpy.run_path(str(folder / f"{options.name}.py"), run_name="__main__")
    return 0


def _screenshots(options: argparse.Namespace) -> int:
    sys.argv = ["./hub screenshots", *options.arguments]
    runpy.run_path(str(ROOT / "docs" / "screenshots.py"), run_name="__main__")
    return 0


def _lock(options: argparse.Namespace) -> int:
    own = ROOT / ".boot" / "bin" / "uv"
    uv = str(own) if own.exists() else "uv"
    common = [
        "--quiet", "--universal", "--generate-hashes", "--no-emit-index-url", "--no-annotate", "--no-header",
        "--python-version", "3.11", *(["--upgrade"] if options.upgrade else []),
    ]  # fmt: skip
    for kind, more in (("run", []), ("test", ["--group", "test"])):
        command = [uv, "pip", "compile", "pyproject.toml", *more, *common, "-o", f"requirements/{kind}.txt"]
        subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603
    peers = [uv, "pip", "compile", "--group", "peers", *common, "-o", "requirements/peers.txt"]
    subprocess.run(peers, cwd=ROOT, check=True)  # noqa: S603
    return 0


if __name__ == "__main__":
    sys.exit(main())
