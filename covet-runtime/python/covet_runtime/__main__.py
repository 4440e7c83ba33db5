"""``python -m covet_runtime``: what covet-codegen asks of the app's own interpreter.

``export`` writes the app's route table, ``verify`` compares the tiers on it. Both leave a report
in JSON. Exit codes: 0 all is well, 1 the report holds findings, 2 there is no telling.

The command line of users is covet-codegen's. These two are a protocol between programs. ``explain``
is for people: it prints what `covet_runtime.explain` tells of an app. With a report it is part of
the protocol, too, and leaves what `inquiry` finds out.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import sys
import sysconfig
import tempfile
import threading
import traceback
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn, Optional

from covet_runtime import diagnostics, frameworks, signatures, table, target
from covet_runtime._loader import TierUnavailable
from covet_runtime.diagnostics import Diagnostic, Refused
from covet_runtime.frameworks import Export

PROTOCOL = 1

OK = 0
FINDINGS = 1
COULD_NOT_RUN = 2


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run one command and return its exit code."""
    args = _parser().parse_args(arguments)
    # What the framework has to say about itself at import tells the user nothing about the app.
    warnings.filterwarnings("ignore", module=r"covet(\.|$)")
    try:
        if args.command == "explain" and args.report is None:
            return _explain(args)
        with _stdout_to_stderr():
            return _PROTOCOL[args.command](args)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    except Exception:
        traceback.print_exc()
    return COULD_NOT_RUN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m covet_runtime", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)

    export = commands.add_parser("export", help="write the app's route table", allow_abbrev=False)
    verify = commands.add_parser("verify", help="compare the tiers", allow_abbrev=False)
    explain = commands.add_parser("explain", help="say what is done", allow_abbrev=False)
    for command in (export, verify, explain):
        command.add_argument("app", metavar="APP", help="app.py, app.py:name, pkg.mod:make()")
        # Absolute, because the app may change the directory.
        command.add_argument(
            "--report", metavar="FILE", required=command is not explain, type=os.path.abspath
        )
        command.add_argument("--name", help="name of the wheel")
        command.add_argument("--app-dir", metavar="DIR", help="where modules are looked up")
    explain.add_argument("--path", metavar="PATH", action="append", default=[], dest="paths")
    explain.add_argument(
        "--candidate", metavar="N", action="append", type=int, default=[], dest="candidates"
    )
    export.add_argument("--expect-version", metavar="V", help="version that this runtime must have")
    verify.add_argument(
        "--wheel-path", metavar="DIR_OR_WHL", type=os.path.abspath, help="where the wheel is"
    )
    verify.add_argument("--module", metavar="NAME", help="the module in the wheel")
    verify.add_argument("--seed", metavar="N", type=int)
    verify.add_argument("--requests", metavar="N", type=int)
    verify.add_argument("--time", metavar="SECONDS", type=float)
    verify.add_argument(
        "--installed", action="store_true", help="take the wheel that is installed for the app"
    )
    verify.add_argument("--timing", action="store_true", help="say how long each tier took")
    return parser


def _verify(args: argparse.Namespace) -> int:
    from covet_runtime import verification

    code: int = verification.run(args)
    return code


def _explain(args: argparse.Namespace) -> int:
    """Install the app, unless it did that itself, and print what was decided."""
    from covet_runtime import compat, explanation, installation

    with _stdout_to_stderr():
        try:
            app: Any = target.load(args.app, args.name, args.app_dir).app
            installation.install(app, compat=compat.declared(app))
        except (Refused, ValueError, TypeError, TierUnavailable) as refused:
            found = refused.diagnostics if isinstance(refused, Refused) else (refused,)
            for each in found:
                print(each.message if isinstance(each, Diagnostic) else each, file=sys.stderr)
            return FINDINGS
        text = str(explanation.explain(app))
    print(text)
    return OK


def _tell(args: argparse.Namespace) -> int:
    """What ``explain`` leaves for a program."""
    from covet_runtime import compat, inquiry, installation

    report: dict[str, object] = {"protocol": PROTOCOL, "diagnostics": []}
    try:
        app: Any = target.load(args.app, args.name, args.app_dir).app
        try:
            installation.install(app, compat=compat.declared(app))
        except (ValueError, TypeError, TierUnavailable) as error:
            # What its routes are can be told all the same.
            report["not_installed"] = str(error)
        installed = installation.installed(app)
        exported = frameworks.export(app) if installed is None else installed.export
        if exported.table is None:
            raise Refused(exported.diagnostics)
        report.update(inquiry.report(app, exported, args.paths, args.candidates))
    except Refused as refused:
        report["diagnostics"] = [diagnostics.as_json(each) for each in refused.diagnostics]
    write_report(args.report, report)
    return FINDINGS if report["diagnostics"] else OK


def _export(args: argparse.Namespace) -> int:
    report = _empty_report()
    try:
        _check_version(args.expect_version)
        loaded = target.load(args.app, args.name, args.app_dir)
        exported = frameworks.export(loaded.app)
        found = [
            *exported.diagnostics,
            *_check_routes(exported, args.app),
            *signatures.check(exported),
        ]
        if exported.table is not None and not diagnostics.has_errors(found):
            info = table.AppInfo(loaded.name, loaded.entry, exported.middleware)
            report["routes_toml"] = table.to_toml(exported.table, info)
            report["fingerprint"] = table.fingerprint(exported.table)
            report["sources"] = _sources(exported)
    except Refused as refused:
        found = list(refused.diagnostics)
    report["diagnostics"] = [diagnostics.as_json(each) for each in found]
    write_report(args.report, report)
    return FINDINGS if diagnostics.has_errors(found) else OK


_PROTOCOL = {"export": _export, "verify": _verify, "explain": _tell}


def _empty_report() -> dict[str, object]:
    return {
        "protocol": PROTOCOL,
        "runtime_version": _runtime_version(),
        "python": {
            "version": platform.python_version(),
            "implementation": sys.implementation.name,
            "executable": sys.executable,
            "abi": _abi(),
            "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        },
        "routes_toml": None,
        "fingerprint": None,
        "sources": [],
        "diagnostics": [],
    }


def _runtime_version() -> str:
    from covet_runtime import __version__

    return __version__


def _abi() -> str:
    """The tag of extension modules: ``cpython-311-x86_64-linux-gnu``, ``cp311-win_amd64``."""
    abi = sysconfig.get_config_var("SOABI")
    if abi:
        return str(abi)
    # Windows has no SOABI in older versions, but the suffix ".cp39-win_amd64.pyd".
    return str(sysconfig.get_config_var("EXT_SUFFIX")).strip(".").rpartition(".")[0]


def _check_version(expected: Optional[str]) -> None:
    ours = _runtime_version()
    if expected is None or expected == ours:
        return
    message = f"covet_runtime is {ours} in {sys.executable}, covet-codegen needs {expected}"
    cure = f"install it there: pip install covet-runtime=={expected}"
    raise Refused([diagnostics.error(diagnostics.OTHER_RUNTIME, message, cure)])


def _check_routes(exported: Export, app: str) -> list[Diagnostic]:
    if exported.table is None or exported.table.routes:
        return []
    message = f"the app in {app} has no routes"
    cure = "declare them before the module ends, so that importing it is enough"
    return [diagnostics.error(diagnostics.NO_ROUTES, message, cure)]


def _sources(exported: Export) -> list[dict[str, object]]:
    return [
        {"route": route, **diagnostics.location_as_json(where)}
        for route, where in enumerate(exported.sources())
        if where is not None
    ]


def write_report(file: str, report: dict[str, object]) -> None:
    """Write `report` as JSON. A reader of `file` sees all of it or nothing."""
    folder = os.path.dirname(os.path.abspath(file))
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".report-", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            json.dump(report, stream, ensure_ascii=False, indent=1)
        os.replace(temporary, file)
    except BaseException:
        os.unlink(temporary)
        raise


@contextlib.contextmanager
def _stdout_to_stderr() -> Iterator[None]:
    """Send what the app prints to stderr, be it from Python, from C or from a child process."""
    sys.stdout.flush()
    with contextlib.ExitStack() as undo:
        with contextlib.suppress(OSError):  # a descriptor may be closed
            saved = os.dup(1)
            undo.callback(os.close, saved)
            undo.callback(os.dup2, saved, 1)
            os.dup2(2, 1)
        with contextlib.redirect_stdout(sys.stderr):
            yield


def leave(code: int) -> NoReturn:
    """Exit, also when the app has started threads that would keep the interpreter alive."""
    main_thread = threading.main_thread()
    if any(each is not main_thread and not each.daemon for each in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    leave(main())
