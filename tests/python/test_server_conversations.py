"""What is said on a connection: our server gives every answer that stock uvicorn was recorded with.

The conversations and their notation are described in ``tests/conversations/README.md``; where ours
differs on purpose, ``differences.md`` beside them says why.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import socket
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import covet_runtime
import pytest
from covet_runtime import installation

pytest.importorskip("uvicorn", reason="uvicorn serves these tests")
pytest.importorskip("httptools", reason="the answers were recorded with httptools")

CONVERSATIONS = Path(__file__).resolve().parents[1] / "conversations"

if str(CONVERSATIONS) not in sys.path:
    sys.path.append(str(CONVERSATIONS))

import apps  # noqa: E402
import conversation  # noqa: E402
import player  # noqa: E402
import stage  # noqa: E402
import tables  # noqa: E402
from conversation import Chapter, Conversation, Outcome  # noqa: E402

OURS = "covet_runtime.uvicorn:HttpProtocol"
CHAPTERS = sorted(path.stem for path in conversation.CORPUS.glob("*.txt"))
LOOPS = ["asyncio", "uvloop"]
TIERS = ["pure", "native", "generated"]
# Why an app is asked about all of its requests, if it is.
NOT_DIRECT = {
    "hello": None,
    "blog": "it has middleware",
    "quirks": "some of its routes are left to Python's re",
    "covet": None,
    "bare": "it is no app of a framework that is known",
}
SHOWN = 8  # differences of a chapter that are written out

# The framework and our server both warn, each about what it lacks here.
pytestmark = [
    pytest.mark.filterwarnings("ignore::covet_runtime.CovetRuntimeWarning"),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
]

needs_ours = pytest.mark.skipif(
    importlib.util.find_spec("covet_runtime.uvicorn") is None,
    reason="covet_runtime has no server here",
)


@pytest.fixture(params=LOOPS)
def loop(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if name == "uvloop":
        pytest.importorskip("uvloop", reason="uvloop is not installed")
    return name


def read(name: str) -> Chapter:
    return conversation.read(conversation.CORPUS / f"{name}.txt")


def differences(
    server: stage.Stage, played: Iterable[tuple[Conversation, Outcome]]
) -> Iterator[tuple[str, str]]:
    """Names of the conversations that went another way than expected, and how."""
    for one, expected in played:
        actual = player.play(one, server, expected)
        if not agrees(actual, expected):
            yield one.name, described(one, expected, actual)


def agrees(actual: Outcome, expected: Outcome) -> bool:
    """An expectation that was written by hand may leave the logs out."""
    same = (actual.answers, actual.end) == (expected.answers, expected.end)
    return same and expected.log in (actual.log, [])


def described(one: Conversation, expected: Outcome, actual: Outcome) -> str:
    lines = [one.name]
    for name, outcome in (("expected", expected), ("got", actual)):
        lines += [f"  {name}:", *(f"    {answer[:600]!r}" for answer in outcome.answers)]
        lines += [f"    {outcome.end}", *(f"    log {line}" for line in outcome.log)]
    return "\n".join(lines)


def report(found: Iterable[tuple[str, str]]) -> None:
    texts = [text for _, text in found]
    shown = "\n".join(texts[:SHOWN])
    assert not texts, f"{len(texts)} conversations went another way, such as\n{shown}"


@pytest.mark.parametrize("name", CHAPTERS)
def test_stock_answers_as_recorded(name: str, loop: str) -> None:
    chapter = read(name)
    if older_than(chapter.recorded):
        pytest.skip(f"recorded with {chapter.recorded}, and older ones answer otherwise")
    recorded = ((one, one.stock) for one in chapter.conversations)
    with apps.made(chapter.app) as app, stage.serving(app, "httptools", loop) as server:
        report(differences(server, recorded))


def older_than(recorded: str) -> bool:
    """Whether a package is older here than where the answers come from: as on Python 3.9, where
    the last uvicorn is 0.39. A newer one has to answer the same, or to be looked at."""

    def numbers(text: str) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", text)]

    words = recorded.split()
    return any(
        numbers(version(name)) < numbers(then) for name, then in zip(words[::2], words[1::2])
    )


@needs_ours
@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("name", CHAPTERS)
def test_ours_answers_as_expected(
    name: str, tier: str, loop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chapter = read(name)
    expected = ((one, one.expected) for one in chapter.conversations)
    if tier != "pure" and not covet_runtime.has_rust():
        pytest.skip("the native extension of covet_runtime is not built in this environment")
    with apps.made(chapter.app) as app:
        monkeypatch.setenv("COVET_TIER", tier)
        install(app, chapter.app, tier)
        with stage.serving(app, OURS, loop) as server:
            assert type(connection(server)) is connection_class(app, tier)
            report(differences(server, expected))
            if tier != "pure":
                decision = server.server_state._covet_servers[0].decision
                assert (decision.reason, decision.reasons) == (NOT_DIRECT[chapter.app], {})


def connection(server: stage.Stage) -> Any:
    """What the server makes of a connection."""
    with socket.create_connection(("127.0.0.1", server.port)):
        stage.wait_until(lambda: server.server_state.connections, server)
        (made,) = server.server_state.connections
    stage.wait_until(lambda: not server.server_state.connections, server)
    return made


def connection_class(app: Any, tier: str) -> Any:
    """The class of the connections of a tier. That of the generated one is in the app's wheel."""
    if tier == "pure":
        return importlib.import_module("covet_runtime.server.pure").Connection
    native = importlib.import_module("covet_runtime._native")
    if tier == "native":
        return native.Connection
    installed = installation.installed(app)
    assert installed is not None
    assert installed.module not in (native, None)
    return installed.module.Connection


def install(app: Any, name: str, tier: str) -> None:
    """Install exactly `tier`. An app without the framework has none, but the server does."""
    if name not in apps.COVET:
        if tier == "generated":
            pytest.skip("there are no wheels of apps without the framework")
        return
    try:
        covet_runtime.install(app, require=tier)
    except covet_runtime.TierUnavailable as unavailable:
        if tier != "generated":
            raise
        pytest.skip(f"no wheel of this app is installed: {unavailable}")
    assert covet_runtime.active_tier(app) == tier


def test_another_server_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """uvicorn with h11 is a good server and not the recorded one: the player has to see that."""
    pytest.importorskip("h11", reason="h11 is the other server")
    monkeypatch.setattr(player, "PATIENCE", 0.5)
    expected = {
        # h11 refuses other requests, with another text, and takes any method.
        "fields": {"host-missing", "spaces-behind", "length-twice"},
        "methods": {"odd-unknown", "odd-lower"},
        "messages": {"too-long"},
    }
    for name, told_apart in expected.items():
        chapter = read(name)
        recorded = [(one, one.stock) for one in chapter.conversations]
        recorded = [(one, stock) for one, stock in recorded if one.name in told_apart]
        with apps.made(chapter.app) as app, stage.serving(app, "h11") as server:
            assert {name for name, _ in differences(server, recorded)} == told_apart


def test_a_changed_byte_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each thing that is compared, changed in one conversation."""
    monkeypatch.setattr(player, "PATIENCE", 0.5)
    chapter = read("hello-traffic")
    one = chapter.conversations[0]
    answer = one.stock.answers[0]
    for changed in (
        Outcome([answer.replace(b"server", b"Server")], one.stock.end, one.stock.log),
        Outcome([answer[:-1]], one.stock.end, one.stock.log),
        Outcome([answer], "closed", one.stock.log),
        Outcome([answer], one.stock.end, ["access another line"]),
    ):
        with apps.made("hello") as app, stage.serving(app, "httptools") as server:
            assert [name for name, _ in differences(server, [(one, changed)])] == [one.name]


def test_the_tables_are_recorded() -> None:
    """A request that is added to a table has to be recorded before the tests can be green."""
    for made in tables.chapters():
        kept = read(made.path.stem)
        assert [(one.name, one.steps) for one in kept.conversations] == [
            (one.name, one.steps) for one in made.conversations
        ], f"{made.path.stem}: run tests/conversations/record.py"


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_files_are_as_the_recorder_writes_them(name: str, tmp_path: Path) -> None:
    chapter = read(name)
    names = [one.name for one in chapter.conversations]
    assert len(names) == len(set(names))
    before = chapter.path.read_text(encoding="utf-8")
    chapter.path = tmp_path / chapter.path.name
    conversation.write(chapter)
    assert chapter.path.read_text(encoding="utf-8") == before


def test_every_difference_has_a_reason() -> None:
    text = (CONVERSATIONS / "differences.md").read_text(encoding="utf-8")
    reasons = re.findall(r"(?m)^## (\S+)$", text)
    used = {one.reason for chapter in CHAPTERS for one in read(chapter).conversations if one.ours}
    assert sorted(used) == sorted(reasons)


def test_every_reason_that_is_linked_is_there() -> None:
    docs = CONVERSATIONS.parents[1] / "docs" / "serving.md"
    linked = re.findall(r"differences\.md#([\w-]+)\)", docs.read_text(encoding="utf-8"))
    text = (CONVERSATIONS / "differences.md").read_text(encoding="utf-8")
    assert set(linked) <= set(re.findall(r"(?m)^## (\S+)$", text))
    assert linked
