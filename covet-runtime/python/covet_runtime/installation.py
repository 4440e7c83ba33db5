"""Putting the compiled matcher into an app, and taking it out again.

`install` reads the live route table, finds the best tier for it and sets the matcher as an
attribute of the app's router, over the framework's method. In the tiers that have Rust, the app
also gets serializers for what its handlers return; how is the business of the framework's module.
``add_route`` of the router is wrapped, so that a route that is added later counts at once: the
matcher steps aside, and the next match builds a new one from the new table.

Matching takes no lock. `install`, `uninstall` and rebuilding share one.
"""

from __future__ import annotations

import importlib
import logging
import threading
import types
import warnings
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, Optional

from . import _loader, diagnostics, frameworks, pattern, routing, target, wheels
from . import compat as compat_flags
from . import table as tables
from ._loader import GENERATED, NATIVE, PURE, TIERS, CovetRuntimeWarning, TierUnavailable
from .frameworks import Export, covet_responses

logger = logging.getLogger("covet_runtime")

# The answer of `active_tier` for an app that the framework matches by itself.
FRAMEWORK = "framework"

# Where the state of an installation lives: on the router, so that it dies with it.
_STATE = "_covet_runtime"
# What is set on the router over what its class has.
_REPLACED = ("add_route", "match_route", "__getstate__")

_PATCHED = "routes were added after install(), and match_route was replaced by others"

_lock = threading.RLock()
_apps: list[weakref.ref[Any]] = []


@dataclass(frozen=True)
class Installation:
    """What `install` did.

    `tier` is ``"generated"``, ``"native"`` or ``"pure"`` and `why` says why. `endpoints` counts
    the (path, method) pairs of the table; `left_to_re` of them are matched by Python's `re`.
    `wheel` is the module name of the generated wheel in use, or None. `responses` is the tier that
    writes what handlers return as JSON: `tier`, or ``"framework"``, as always with the pure tier,
    whose writer is the framework's. While covet-codegen reads an app, `install` does nothing: the
    tier is ``"framework"`` and the other fields are empty.
    """

    tier: str
    why: str
    fingerprint: str
    endpoints: int
    left_to_re: int
    wheel: Optional[str] = None
    responses: str = FRAMEWORK


def install(
    app: Any,
    *,
    require: str | None = None,
    wheel: str | None = None,
    compat: Iterable[str] = (),
) -> Installation:
    """Match the routes of `app` with the best tier there is, and write its JSON with it.

    The tiers are a wheel generated for exactly this route table, the Rust extension, and pure
    Python. `require` insists on one of them by name, as ``COVET_TIER`` does. `wheel` names the
    module of the generated wheel instead of having it looked up. `compat` names deliberate
    departures from the framework, of `covet_runtime.compat.FLAGS`; a wheel is for exactly these.

    Routes that are added later are honoured; installing again reads the table anew and finds a
    wheel for it. An installed wheel of this app that is out of date causes one
    `CovetRuntimeWarning` that names the routes that differ.

    Raises `ValueError` with all findings when the app cannot be served, or when a departure cannot
    be made, and `TierUnavailable` when a tier was insisted on and cannot be had. Either leaves the
    app as it was. `TypeError` when `app` is not an app at all.
    """
    if require not in (None, *TIERS):
        raise ValueError(f"require={require!r} is not one of {', '.join(TIERS)}")
    flags = compat_flags.check(compat)
    if target.is_loading():
        compat_flags.declare(app, flags)
        # The app is looked at, by the very commands that build or verify its wheel.
        return Installation(FRAMEWORK, "the app is being read, not served", "", 0, 0)
    wanted = _wanted(require)
    with _lock:
        export = frameworks.export(app, flags)
        _refuse_faults(export)
        assert export.table is not None
        _refuse_obstacles(app, flags)
        router = app.router
        state = _state_of(router)
        if not _is_free(router, state):
            raise ValueError("the router of the app already has a match_route of its own")
        choice = _choose(export, wanted, wheel)
        matcher = bind(router, export, choice.table)
        if state is None:
            state = _State(router)
        state.put(app, export, choice, matcher)
        _remember(app)
        done = Installation(
            state.tier,
            state.why,
            tables.fingerprint(export.table),
            len(export.handlers),
            len(choice.table.regex_ids()),
            choice.wheel,
            state.responses,
        )
    logger.info("%s tier: %s", done.tier, done.why)
    return done


def uninstall(app: Any) -> None:
    """Give the app and its router back to the framework, exactly as they were before `install`.

    Does nothing when nothing is installed.
    """
    with _lock:
        state = _state_of(app.router)
        if state is not None:
            state.remove()
        _forget(app)


@dataclass(frozen=True)
class Installed:
    """What an app is served with: its routes as they are now, the `RouteTable` of the best tier,
    and the module that the table comes from, None in the pure tier. `responses` is as in
    `Installation`, `compat` as given to `install`."""

    export: Export
    table: Any
    module: Optional[types.ModuleType]
    responses: str
    compat: tuple[str, ...]


def installed(app: Any) -> Optional[Installed]:
    """What was installed in `app`. None when nothing was, or when it does not match any more."""
    with _lock:
        state = _state_of(app.router)
        if state is None:
            return None
        state.refresh()
        return state.installed()


def active_tier(app: Any = None) -> str:
    """The tier that matches the routes of `app`: ``"generated"``, ``"native"`` or ``"pure"``.

    ``"framework"`` when the framework does it by itself. Without an app, the one installed last
    is meant; when there is none, the answer is the tier that components such as `RouteEngine`
    come from.
    """
    return _status(app)[0]


def why(app: Any = None) -> str:
    """A sentence or two on why `active_tier` is what it is."""
    return _status(app)[1]


def installed_tier() -> Optional[str]:
    """`active_tier` of the app that was installed last, None without one. Loads nothing."""
    app = _latest()
    return None if app is None else active_tier(app)


def _status(app: Any) -> tuple[str, str]:
    if app is None:
        app = _latest()
    if app is None:
        found = _loader.available()
        return (PURE if found.module is None else NATIVE), found.reason
    with _lock:
        state = _state_of(app.router)
        if state is None:
            return FRAMEWORK, "install() has not been called for this app"
        state.refresh()
        return state.tier, state.why


def _wanted(require: str | None) -> str | None:
    """The tier to insist on, from the argument and the environment."""
    asked = _loader.requested_tier()
    if require is not None and asked is not None and require != asked:
        raise TierUnavailable(f"the app requires {require}, the environment asks for {asked}")
    return require or asked


def _refuse_faults(export: Export) -> None:
    if export.table is not None:
        return
    lines = ["the routes of this app cannot be served:"]
    for found in export.diagnostics:
        if found.severity != diagnostics.ERROR:
            continue
        place = found.location
        at = f" ({diagnostics.display_path(place.file)}:{place.line})" if place else ""
        lines.append(f"  {found.code}: {found.message}{at}\n    help: {found.help}")
    raise ValueError("\n".join(lines))


def _refuse_obstacles(app: Any, flags: tuple[str, ...]) -> None:
    """What departs from the framework must not be left to it."""
    obstacle = covet_responses.obstacle(app) if flags else None
    if obstacle is not None:
        raise ValueError(f"compat={list(flags)} cannot be had: {obstacle}")


class _Choice(NamedTuple):
    """A tier with its table and the module that it comes from, and why it was chosen."""

    tier: str
    table: Any
    why: str
    module: Optional[types.ModuleType] = None
    wheel: Optional[str] = None


def _choose(export: Export, wanted: str | None, wheel: str | None) -> _Choice:
    assert export.table is not None
    if wanted not in (None, GENERATED):
        return _choose_generic(export, wanted, f"{wanted} was asked for")
    found = wheels.find(export.table, wheel)
    if found.module is not None:
        name = found.module.__name__
        # The package has its objects from the extension in it.
        native = getattr(found.module, "_native", None)
        return _Choice(GENERATED, found.module.TABLE, found.reason, native, name)
    if wanted == GENERATED:
        raise TierUnavailable(found.reason)
    if found.faulty:
        warnings.warn(found.reason, CovetRuntimeWarning, stacklevel=3)
    return _choose_generic(export, wanted, found.reason)


def _choose_generic(export: Export, wanted: str | None, reason: str) -> _Choice:
    """The native tier, or the pure one."""
    assert export.table is not None
    endpoints = tables.endpoints(export.table)
    if wanted != PURE:
        found = _loader.native(required=wanted == NATIVE)
        if found.module is not None:
            with warnings.catch_warnings():
                # Odd literals make `re` warn, which the framework shows at its first request.
                warnings.simplefilter("ignore")
                table = found.module.RouteTable(endpoints)
                return _Choice(NATIVE, table, reason, found.module)
        reason = f"{reason}; {found.reason}"
    return _Choice(PURE, routing.RouteTable(endpoints), reason)


def bind(router: Any, export: Export, table: Any) -> Callable[[Any, Any], Any]:
    """``match_route`` for the router of an exported app, made by the `RouteTable` of any tier."""
    assert export.table is not None
    route_match = importlib.import_module("covet.core.routing").RouteMatch
    static_answer = _static_answers(router, route_match)
    answers: list[Any] = []
    for (path, _), handler in zip(tables.endpoints(export.table), export.handlers):
        static = pattern.is_static(path)
        answers.append(static_answer(handler) if static else None)
    matcher: Callable[[Any, Any], Any] = table.bind(
        list(export.handlers), answers, route_match, own_method(router, "match_route")
    )
    return matcher


def _static_answers(router: Any, route_match: type) -> Callable[[Any], Any]:
    """Makes the answer for a static route, one for each handler, as the framework does.

    One that the framework has given already is given again. Its cache is read and left alone.
    """
    answers: dict[int, Any] = dict(router._static_match_cache)

    def answer(handler: Any) -> Any:
        found = answers.get(id(handler))
        if found is None:
            found = route_match(handler=handler, params=router._EMPTY_PARAMS)
            answers[id(handler)] = found
        return found

    return answer


def own_method(router: Any, name: str) -> Callable[..., Any]:
    """The method as the class of the router defines it."""
    return types.MethodType(getattr(type(router), name), router)


class _State:
    """What is installed on one router. Lives in the attribute `_STATE` of the router."""

    def __init__(self, router: Any) -> None:
        self._app: Callable[[], Any] = lambda: None
        self._router = router
        self._matcher: Optional[Callable[[Any, Any], Any]] = None
        # The attributes of the instance that are about to be covered. Usually there are none.
        self._before = {name: vars(router)[name] for name in _REPLACED if name in vars(router)}
        self._add_route = router.add_route
        self._pending = False
        self._logged = False
        self._wanted: str | None = None
        self.tier = FRAMEWORK
        self.why = ""
        self.responses = FRAMEWORK
        self._flags: tuple[str, ...] = ()
        self._served: Optional[tuple[Export, _Choice]] = None

    def installed(self) -> Optional[Installed]:
        """What is in use, None when the framework matches by itself."""
        if self._served is None or self.tier == FRAMEWORK or not self.owns("match_route"):
            return None
        export, choice = self._served
        return Installed(export, choice.table, choice.module, self.responses, self._flags)

    def put(
        self, app: Any, export: Export, choice: _Choice, matcher: Callable[[Any, Any], Any]
    ) -> None:
        """Set a matcher and serializers for the table as it is now."""
        new = _state_of(self._router) is not self
        self._retire()
        self._give_back_responses()
        self._app = weakref.ref(app)
        assert export.table is not None
        self._flags = export.table.compat
        self._settle(choice.tier, choice.why)
        self._put_serializers(app, export, choice)
        # A route that comes later must not bring back Rust where pure Python was asked for.
        self._wanted = PURE if choice.tier == PURE else None
        # One that was put over ours since then stays: it calls ours, or did so on purpose.
        if new or self.owns("add_route") or "add_route" not in vars(self._router):
            self._router.add_route = self._add_and_step_aside
        self._router.__getstate__ = self._state_to_copy
        self._router.match_route = self._matcher = matcher
        self._served = (export, choice)
        setattr(self._router, _STATE, self)

    def _put_serializers(self, app: Any, export: Export, choice: _Choice) -> None:
        assert export.table is not None
        # The pure writer is the framework's, unless it has to write more.
        if choice.tier == PURE and not export.table.compat:
            return
        obstacle = covet_responses.put(app, export, choice.table)
        if obstacle is None:
            self.responses = choice.tier
        else:
            self.why = f"{choice.why}; responses are left to the framework: {obstacle}"

    def _give_back_responses(self) -> None:
        app = self._app()
        if app is not None:
            covet_responses.remove(app)
        self.responses = FRAMEWORK

    def remove(self) -> None:
        """Restore what was there before the first `put`, as far as it is still ours."""
        self._restore(vars(self._router))
        self._retire()
        self._flags = ()
        self._settle(FRAMEWORK, "uninstalled")

    def _restore(self, attributes: dict[str, Any]) -> None:
        ours = [name for name in _REPLACED if self.owns(name)]
        for name in (*ours, _STATE):
            attributes.pop(name, None)
        attributes.update((name, self._before[name]) for name in ours if name in self._before)

    def _state_to_copy(self) -> dict[str, Any]:
        """``__getstate__`` of the router: a copy, or a pickle, is a router without a matcher."""
        attributes = dict(vars(self._router))
        self._restore(attributes)
        return attributes

    def owns(self, name: str) -> bool:
        """Whether an attribute of the router is what was put there, and not somebody's patch."""
        ours = {
            "add_route": (self._add_and_step_aside,),
            "match_route": (self._matcher, self._refresh_and_match),
            "__getstate__": (self._state_to_copy,),
        }
        return name in vars(self._router) and vars(self._router)[name] in ours[name]

    def _retire(self) -> None:
        """Let the framework answer whoever has kept the matcher, such as a wrapper around it."""
        if self._matcher is not None:
            retire = getattr(self._matcher, "retire", None) or self._matcher.__self__.retire  # type: ignore[attr-defined]
            retire()
        self._matcher = None

    def refresh(self) -> None:
        """Build the matcher for routes that were added since the last one. Needs the lock."""
        if not self._pending:
            return
        if not self.owns("match_route"):
            self._settle(FRAMEWORK, _PATCHED)
            return
        try:
            self._rebuild()
        except Exception as error:
            # The framework itself can always match, or raise what it raises.
            if self.owns("match_route"):
                del self._router.match_route
            reason = f"the routes that were added after install() cannot be compiled: {error}"
            self._settle(FRAMEWORK, reason)
            logger.warning("%s", reason)

    def _rebuild(self) -> None:
        app = self._app()
        if app is None or app.router is not self._router:
            raise RuntimeError("the router has lost its app")
        export = frameworks.export(app, self._flags)
        _refuse_faults(export)
        reason = "routes were added after install(), which the generated wheel does not know"
        if self.tier != GENERATED:
            reason = "routes were added after install()"
        choice = _choose_generic(export, self._wanted, reason)
        self.put(app, export, choice, bind(self._router, export, choice.table))

    def _settle(self, tier: str, reason: str) -> None:
        self.tier, self.why = tier, reason
        self._pending = False
        # A departure from the framework holds whoever matches.
        if tier == FRAMEWORK and not self._flags:
            self._give_back_responses()

    def _add_and_step_aside(self, *args: Any, **kwargs: Any) -> Any:
        """``add_route`` of the router: add the route, then let go of the compiled table."""
        # Under the lock, because rebuilding walks over what `add_route` changes.
        with _lock:
            added = self._add_route(*args, **kwargs)
            # This may be the wrapper of an earlier installation, which somebody has kept.
            state = _state_of(self._router)
            if state is not None:
                state._step_aside()
                state._log_once(args[0] if args else kwargs.get("path"))
        return added

    def _step_aside(self) -> None:
        ours = self.owns("match_route")
        self._retire()
        if ours:
            self._pending = True
            self._router.match_route = self._refresh_and_match
        elif self.tier != FRAMEWORK:
            self._settle(FRAMEWORK, _PATCHED)

    def _log_once(self, path: Any) -> None:
        if self._logged:
            return
        self._logged = True
        logger.warning(
            "route %r was added after install(), the %s matcher steps aside; "
            "call install(app) when all routes are there",
            path,
            self.tier,
        )

    def _refresh_and_match(self, path: Any, method: Any) -> Any:
        """``match_route`` of the router until somebody asks for the new table.

        It does not go by the router's attribute, which may be a wrapper that calls this.
        """
        with _lock:
            if _state_of(self._router) is self:
                self.refresh()
            matcher = self._matcher or own_method(self._router, "match_route")
        return matcher(path, method)


def _is_free(router: Any, state: _State | None) -> bool:
    """Whether ``match_route`` of the router is the framework's, or ours to replace."""
    return "match_route" not in vars(router) or (state is not None and state.owns("match_route"))


def _state_of(router: Any) -> _State | None:
    state: _State | None = getattr(router, "__dict__", {}).get(_STATE)
    return state


def _remember(app: Any) -> None:
    _forget(app)
    _apps.append(weakref.ref(app))


def _forget(app: Any) -> None:
    _apps[:] = [known for known in _apps if known() not in (None, app)]


def _latest() -> Any:
    """The app that was installed last, of those that still live."""
    with _lock:
        for known in reversed(_apps):
            app = known()
            if app is not None:
                return app
        return None
