"""The tasks that apps run in: all of asyncio works, and no request sees anything of another."""

import asyncio
import contextlib
import contextvars
import gc
import inspect
import io
import os
import subprocess
import sys
import threading
import time
import weakref

import anyio
import pytest
from covet import Covet
from covet_runtime.server.settings import Settings
from serving_apps import GET, OURS, answer, ok
from serving_harness import PATIENCE, STOCK, Gate, Running, protocol, wait_until

VAR = contextvars.ContextVar("VAR", default="unset")
SHARED = contextvars.ContextVar("SHARED")

SINCE_311 = pytest.mark.skipif(sys.version_info < (3, 11), reason="new in Python 3.11")
SINCE_312 = pytest.mark.skipif(sys.version_info < (3, 12), reason="new in Python 3.12")


def covet_app(work):
    app = Covet()

    @app.get("/")
    async def handler(request):
        return await work()

    return app


def asgi_app(work):
    async def app(scope, receive, send):
        await answer(send, (await work()).encode())

    return app


async def at_once(work):
    return await work()


async def having_waited(work):
    await asyncio.sleep(0)
    return await work()


async def before_it_waits(work):
    result = await work()
    await asyncio.sleep(0)
    return result


@pytest.fixture(params=[at_once, having_waited, before_it_waits], ids=lambda when: when.__name__)
def when(request):
    """Runs a coroutine function in a request that waits for something else, or does not."""
    return request.param


@pytest.fixture(params=[asgi_app, covet_app], ids=["asgi", "covet"])
def call(request, serve, tier, when):
    """Has requests of one connection answered with what a coroutine function returns."""

    def call(work, times=3):
        server = serve(request.param(lambda: when(work)))
        client = server.connect()
        answers = []
        for _ in range(times):
            client.send(GET)
            answers.append(client.read_response().partition(b"\r\n\r\n")[2].decode())
        if tier == "native" and request.param is covet_app:
            assert server.decision.reason is None
            assert server.decision.reasons == {}
        return answers

    return call


def test_the_native_connections_are_native(serve, tier):
    server = serve(asgi_app(cancel_with_a_message))
    client = server.connect()
    client.send(GET)
    client.read_response()

    async def modules():
        return {type(connection).__module__ for connection in server.state.connections}

    expected = {
        "native": "covet_runtime",
        "pure": "covet_runtime.server.pure",
        STOCK: "uvicorn.protocols.http.httptools_impl",
    }
    assert server.thread.run(modules()) == {expected[tier]}


async def cancel_with_a_message():
    asyncio.current_task().cancel("reason")
    try:
        await asyncio.sleep(0)
    except asyncio.CancelledError as error:
        return f"{error.args}"
    return "not cancelled"


async def cancel_before_a_future():
    future = asyncio.get_running_loop().create_future()
    asyncio.current_task().cancel()
    try:
        await future
    except asyncio.CancelledError:
        return f"cancelled {future.cancelled()}"
    return "not cancelled"


async def cancel_twice():
    task = asyncio.current_task()
    task.cancel("first")
    task.cancel("second")
    caught = []
    for _ in range(3):
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError as error:
            caught.append(error.args)
    return repr(caught)


async def cancel_and_take_it_back():
    task = asyncio.current_task()
    counts = []
    if sys.version_info >= (3, 11):
        task.cancel()
        counts.append(task.cancelling())
        counts.append(task.uncancel())
    try:
        await asyncio.sleep(0)
    except asyncio.CancelledError:
        counts.append("cancelled")
    return repr(counts)


async def cancel_from_a_child():
    task = asyncio.current_task()

    async def child():
        task.cancel("by a child")

    child = asyncio.ensure_future(child())
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError as error:
        return f"{error.args} {child.done()}"
    return "not cancelled"


async def cancel_after_something():
    """What was scheduled before comes first, and the context is that of the request."""
    order = []
    VAR.set("mine")
    asyncio.get_running_loop().call_soon(order.append, "first")
    asyncio.current_task().cancel()
    try:
        await asyncio.sleep(0)
    except asyncio.CancelledError:
        order.append(f"cancelled, {VAR.get()}")
    VAR.set("still mine")
    return repr([*order, await asyncio.ensure_future(get_variable())])


async def cancel_and_take_it_back_in_time():
    task = asyncio.current_task()
    if sys.version_info >= (3, 11):
        asyncio.get_running_loop().call_soon(task.uncancel)
    task.cancel()
    try:
        await asyncio.sleep(0)
    except asyncio.CancelledError:
        return "cancelled"
    return "not cancelled"


async def cancel_before_what_cannot_be_cancelled():
    class Stubborn(asyncio.Future):
        def cancel(self, msg=None):
            return False

    order, future = [], Stubborn()

    def finish():
        order.append("done")
        future.set_result(None)

    asyncio.get_running_loop().call_later(0.01, finish)
    asyncio.current_task().cancel()
    try:
        await future
    except asyncio.CancelledError:
        order.append("cancelled")
    return repr(order)


async def shield():
    async def inner():
        await asyncio.sleep(0.001)
        return "inner"

    inner = asyncio.ensure_future(inner())
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.shield(inner), 0)
    return await inner


async def wait_in_vain():
    try:
        await asyncio.wait_for(asyncio.get_running_loop().create_future(), 0.001)
    except asyncio.TimeoutError:
        return "timeout"
    return "none"


async def time_out():
    if sys.version_info < (3, 11):
        return "no such thing"
    found = []
    for delay in (0, 0.001, 10):
        try:
            async with asyncio.timeout(delay) as scope:
                await asyncio.sleep(0.01)
        except TimeoutError:
            found.append("timeout")
        found.append(scope.expired())
    return repr((found, asyncio.current_task().cancelling()))


async def fail_in_a_group():
    if sys.version_info < (3, 11):
        return "no such thing"

    async def fail():
        raise ValueError("child")

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            await asyncio.sleep(10)
    except BaseException as error:
        return f"{error!r} {asyncio.current_task().cancelling()}"
    return "none"


async def succeed_in_a_group():
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep, 0)
    with anyio.move_on_after(0.001) as scope:
        await anyio.sleep(10)
    return f"{scope.cancelled_caught}"


async def keep_variables():
    before = VAR.get()
    token = VAR.set("mine")
    await asyncio.sleep(0)
    inside = await asyncio.ensure_future(get_variable())
    VAR.reset(token)
    await asyncio.sleep(0)
    return f"{before} {inside} {VAR.get()}"


async def get_variable():
    return VAR.get()


async def use_threads():
    VAR.set("in a thread")
    context = contextvars.copy_context()
    loop = asyncio.get_running_loop()
    first = await loop.run_in_executor(None, context.run, VAR.get)
    return f"{first} {await anyio.to_thread.run_sync(VAR.get)}"


async def nest():
    coroutine = asyncio.sleep(0)
    try:
        asyncio.get_running_loop().run_until_complete(coroutine)
    except RuntimeError as error:
        coroutine.close()
        return str(error)
    return "none"


async def leave_a_generator():
    closed = []

    async def generate():
        try:
            yield 1
            yield 2
        finally:
            await asyncio.sleep(0)
            closed.append(asyncio.current_task() is not None)

    async for _ in generate():
        break
    gc.collect()
    for _ in range(5):
        await asyncio.sleep(0)
    return repr(closed)


async def look_at_the_task():
    task = asyncio.current_task()
    found = []
    for _ in range(2):
        assert repr(task)
        task.print_stack(file=io.StringIO())
        found += [
            task in asyncio.all_tasks(),
            task.done(),
            task.cancelled(),
            asyncio.iscoroutine(task.get_coro()),
            asyncio.current_task() is task,
        ]
        if sys.version_info >= (3, 11):
            found.append(inspect.getcoroutinestate(task.get_coro()))
        await asyncio.sleep(0)
    return repr(found)


@pytest.mark.parametrize(
    "work",
    [
        cancel_with_a_message,
        cancel_before_a_future,
        cancel_twice,
        cancel_and_take_it_back,
        cancel_from_a_child,
        cancel_after_something,
        cancel_and_take_it_back_in_time,
        cancel_before_what_cannot_be_cancelled,
        shield,
        wait_in_vain,
        time_out,
        fail_in_a_group,
        succeed_in_a_group,
        keep_variables,
        use_threads,
        nest,
        leave_a_generator,
        look_at_the_task,
    ],
    ids=lambda work: work.__name__,
)
def test_what_runs_in_a_task_runs_in_a_request(call, loop_thread, work):
    async def begin():
        return await asyncio.ensure_future(work())

    expected = contextvars.Context().run(loop_thread.run, begin())
    assert call(work) == [expected] * 3


def test_variables_of_one_request_are_not_those_of_the_next(call):
    async def work():
        before = VAR.get()
        VAR.set("set")
        return before

    assert call(work) == ["unset"] * 3


def test_a_token_of_another_request_is_of_no_use(call):
    tokens = []

    async def work():
        tokens.append(VAR.set("set"))
        if len(tokens) == 1:
            return "first"
        try:
            VAR.reset(tokens[0])
        except ValueError:
            return "refused"
        return "taken"

    assert call(work) == ["first", "refused", "refused"]


@SINCE_312
def test_a_context_that_somebody_has_kept_is_not_used_again(call):
    contexts = []

    async def work():
        for context in contexts:
            context.run(VAR.set, "leaked")
        contexts.append(asyncio.current_task().get_context())
        return VAR.get()

    assert call(work) == ["unset"] * 3
    assert len(set(map(id, contexts))) == 3


def test_every_request_has_a_name_of_its_own(call):
    async def name():
        return asyncio.current_task().get_name()

    assert len(set(call(name))) == 3


def test_a_name_is_not_passed_on(call):
    async def name():
        task = asyncio.current_task()
        before = task.get_name()
        task.set_name("mine")
        return before

    assert "mine" not in call(name)


def test_done_callbacks_are_called_for_every_request(call):
    done = []

    async def work():
        asyncio.current_task().add_done_callback(done.append)
        return "answered"

    call(work)
    wait_until(lambda: len(done) == 3)
    assert len(set(map(id, done))) == 3
    assert all(task.done() for task in done)


def test_tasks_that_are_kept(call, loop_thread):
    tasks = []

    async def work():
        tasks.append(asyncio.current_task())
        return "kept"

    call(work)

    async def look():
        await asyncio.gather(*tasks)
        return [(task.done(), task.cancelled(), task.result()) for task in tasks]

    assert loop_thread.run(look()) == [(True, False, None)] * 3
    assert len(set(map(id, tasks))) == 3


def test_what_is_known_of_a_task_is_of_one_request(call):
    known = weakref.WeakKeyDictionary()

    async def work():
        task = asyncio.current_task()
        known[task] = known.get(task, 0) + 1
        return f"{known[task]}"

    assert call(work) == ["1"] * 3


def test_attributes_of_a_task_are_of_one_request(call):
    async def work():
        task = asyncio.current_task()
        before = getattr(task, "user", "nobody")
        task.user = "somebody"
        return before

    assert call(work) == ["nobody"] * 3


@pytest.fixture
def answers_beside(serve, when):
    """Has requests answered by a server that is started where SHARED has a value."""

    def answers_beside(value, work):
        token = SHARED.set(value)
        try:
            client = serve(asgi_app(lambda: when(work))).connect()
        finally:
            SHARED.reset(token)
        for _ in range(3):
            client.send(GET)
            yield client.read_response().partition(b"\r\n\r\n")[2]

    return answers_beside


def test_a_value_that_equals_another_is_not_that_one(answers_beside):
    shared = {}

    async def work():
        before = SHARED.get(shared)
        SHARED.set({})
        return repr(before is shared)

    assert list(answers_beside(shared, work)) == [b"True"] * 3


class Incomparable:
    def __eq__(self, other):
        raise ZeroDivisionError

    __hash__ = object.__hash__


def test_values_that_cannot_be_compared(answers_beside):
    async def work():
        SHARED.set(Incomparable())
        return "answered"

    assert list(answers_beside(Incomparable(), work)) == [b"answered"] * 3


def test_a_task_that_was_listed_before_and_is_kept(call):
    kept, listed = [], []

    async def work():
        listed.extend(asyncio.all_tasks())
        return "listed"

    call(work)

    async def keep():
        kept.append(asyncio.current_task())
        listed.clear()
        return "kept"

    call(keep, times=1)
    wait_until(kept[0].done)


def test_what_is_noted_of_idle_tasks_is_not_of_requests(serve, loop_thread, when):
    noted, seen = weakref.WeakKeyDictionary(), []

    async def work():
        seen.append(noted.get(asyncio.current_task()))
        return "answered"

    async def note():
        for task in asyncio.all_tasks():
            noted[task] = "noted"

    server = serve(asgi_app(lambda: when(work)))
    client = server.connect()
    for _ in range(3):
        client.send(GET)
        client.read_response()
        wait_until(lambda: not server.state.tasks)
        loop_thread.run(note())
    assert seen == [None] * 3


def test_a_coroutine_that_is_kept_is_closed(call):
    kept = []

    async def work():
        for coroutine in kept:
            coroutine.close()
        kept.append(asyncio.current_task().get_coro())
        return "answered"

    assert call(work) == ["answered"] * 3
    wait_until(lambda: inspect.getcoroutinestate(kept[-1]) == inspect.CORO_CLOSED)


def test_who_replaces_the_making_of_tasks_sees_all(serve, loop_thread):
    made, loop = [], loop_thread.loop
    create_task = loop.create_task

    def create(coroutine, **options):
        made.append(coroutine)
        return create_task(coroutine, **options)

    loop.create_task = create
    try:
        client = serve(asgi_app(get_variable)).connect()
        made.clear()
        for _ in range(3):
            client.send(GET)
            client.read_response()
    finally:
        # So that the class's own is found again.
        del loop.create_task
    assert len(made) >= 3


def test_what_cannot_be_waited_for(serve, loop_thread):
    """The loop is told, and nothing goes on as if it had been waited for."""
    told, resumed = [], []

    class Awaitable:
        _asyncio_future_blocking = False

        def get_loop(self):
            return asyncio.get_running_loop()

        def add_done_callback(self, *_, **__):
            raise ZeroDivisionError

        def __await__(self):
            self._asyncio_future_blocking = True
            yield self
            resumed.append(True)

    async def app(scope, receive, send):
        await Awaitable()

    async def handle():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: told.append(type(context["exception"])))

    loop_thread.run(handle())
    server = serve(app)
    for _ in range(2):
        server.connect().send(GET)
    wait_until(lambda: told == [ZeroDivisionError] * 2)
    assert not resumed
    # The tasks have failed, and will never end. The server is not to wait for them.
    loop_thread.run(clear(server.state.tasks))


async def clear(tasks):
    tasks.clear()


def test_calls_that_were_cancelled_leave_nothing(serve):
    async def app(scope, receive, send):
        await receive()
        gc.collect()
        before = count_futures()
        for _ in range(100):
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(receive(), 0.0001)
        gc.collect()
        await answer(send, b"%d" % (count_futures() - before))

    def count_futures():
        kinds = (asyncio.Future, type(asyncio.get_running_loop().create_future()))
        return sum(type(each) in kinds for each in gc.get_objects())

    client = serve(app).connect()
    client.send(GET)
    assert int(client.read_response().rpartition(b"\r\n")[2]) <= 10


@pytest.mark.parametrize("when", [at_once, having_waited])
def test_a_request_that_is_over_when_it_is_cancelled(call, loop_thread):
    tasks = []

    async def work():
        task = asyncio.current_task()
        tasks.append(task)
        task.cancel()
        return "answered"

    assert call(work) == ["answered"] * 3

    async def outcomes():
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        return [type(outcome) for outcome in outcomes]

    assert loop_thread.run(outcomes()) == [asyncio.CancelledError] * 3


@SINCE_311
def test_cancellations_are_of_one_request(call):
    async def work():
        task = asyncio.current_task()
        before = task.cancelling()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
        return f"{before}, {task.cancelling()}"

    assert call(work) == ["0, 1"] * 3


def test_tasks_serve_again_when_nothing_tells(call, tier):
    async def name():
        return asyncio.current_task().get_name()

    # Up to Python 3.11, the first one has to wait before it can serve.
    names = [name.partition(".")[0] for name in call(name, times=5)[2:]]
    assert len(set(names)) == (1 if tier == "native" else 3)


def test_requests_wait_for_the_same(call):
    async def work():
        future = asyncio.get_running_loop().create_future()

        async def wait():
            return await future

        waiting = [asyncio.ensure_future(wait()) for _ in range(3)]
        asyncio.get_running_loop().call_later(0.01, future.set_result, "result")
        return repr([await future, *await asyncio.gather(*waiting)])

    assert call(work) == ["['result', 'result', 'result', 'result']"] * 3


def test_few_tasks_wait_for_requests(serve, tier):
    gates = []

    async def app(scope, receive, send):
        await gates[-1].wait()
        await answer(send, b"answered")

    server = serve(app)

    async def count_spare():
        # Those of servers that have stopped are garbage.
        gc.collect()
        names = [task.get_coro().__qualname__ for task in asyncio.all_tasks()]
        return names.count("covet_runtime.request")

    for _ in range(2):
        gates.append(Gate())
        clients = [server.connect() for _ in range(100)]
        for client in clients:
            client.send(GET)
        wait_until(lambda: len(server.state.tasks) == 100)
        gates[-1].open()
        for client in clients:
            assert client.read_response().endswith(b"answered")
            client.close()
        wait_until(lambda: not server.state.tasks)
        assert server.thread.run(count_spare()) <= (64 if tier == "native" else 0)


@pytest.mark.parametrize("when", ["at once", "later"])
@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit, ZeroDivisionError])
@pytest.mark.parametrize("make", [asgi_app, covet_app], ids=["asgi", "covet"])
def test_exceptions_of_every_kind(serve, logged, make, kind, when):
    async def work():
        if when == "later":
            await asyncio.sleep(0)
        raise kind("mine")

    server = serve(make(work))
    for _ in range(2):
        client = server.connect()
        client.send(GET)
        assert client.read_until(b"\r\n").startswith(b"HTTP/1.1 500 ")
    if make is asgi_app or not issubclass(kind, Exception):
        assert logged.messages() == ["Exception in ASGI application\n"] * 2
        assert [type(record.exc_info[1]) for record in logged.bad()] == [kind] * 2


def test_parts_are_sent_when_their_turn_comes(serve):
    async def app(scope, receive, send):
        last = asyncio.ensure_future(send({"type": "http.response.body", "body": b"last"}))
        headers = [(b"content-length", b"9")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        await last

    client = serve(app).connect()
    client.send(GET)
    assert client.read_response() == ok(b"firstlast")


def test_errors_of_send_are_those_of_its_awaiting(serve):
    async def app(scope, receive, send):
        early, unknown = await asyncio.gather(
            send({"type": "http.response.body"}), send({}), return_exceptions=True
        )
        await answer(send, f"{early!r} {unknown!r}".encode())

    client = serve(app).connect()
    client.send(GET)
    assert client.read_response().endswith(
        b"RuntimeError(\"Expected ASGI message 'http.response.start', but got "
        b"'http.response.body'.\") KeyError('type')"
    )


def test_a_call_is_awaited_once(serve):
    async def app(scope, receive, send):
        call = receive()
        assert asyncio.iscoroutine(call)
        first = await call
        with pytest.raises(RuntimeError, match="already awaited"):
            await call
        await answer(send, first["type"].encode())

    client = serve(app).connect()
    client.send(GET)
    assert client.read_response() == ok(b"http.request")


def test_waiting_for_the_client_in_other_tasks(serve):
    async def app(scope, receive, send):
        # The anyio of Python 3.9 starts nothing but coroutines of the interpreter's own.
        async def listen():
            await receive()

        await receive()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(receive(), 0.001)
        listening = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        assert repr(listening)
        listening.cancel()
        async with anyio.create_task_group() as group:
            group.start_soon(receive if sys.version_info >= (3, 10) else listen)
            await anyio.sleep(0)
            group.cancel_scope.cancel()
        listening = asyncio.ensure_future(receive())
        await asyncio.ensure_future(answer(send, b"yes"))
        assert (await listening)["type"] == "http.disconnect"

    client = serve(app).connect()
    for _ in range(2):
        client.send(GET)
        assert client.read_response() == ok(b"yes")


def test_an_answer_does_not_wait_for_what_its_app_does_next(serve):
    read = threading.Event()

    async def app(scope, receive, send):
        await answer(send, b"now")
        assert read.wait(PATIENCE)

    client = serve(app).connect()
    client.socket.settimeout(PATIENCE / 4)
    client.send(GET)
    assert client.read_response() == ok(b"now")
    read.set()


def test_scopes_that_refer_to_their_requests_are_collected(serve, loop_thread):
    class Mark:
        pass

    marks = weakref.WeakSet()

    async def app(scope, receive, send):
        scope["mark"], scope["receive"] = Mark(), receive
        marks.add(scope["mark"])
        await answer(send, b"")

    client = serve(app).connect()
    for _ in range(3):
        client.send(GET)
        client.read_response()
    client.close()
    deadline = time.monotonic() + PATIENCE
    while marks and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.01)
    assert not marks


@pytest.mark.parametrize("make", [asgi_app, covet_app], ids=["asgi", "covet"])
def test_servers_that_have_stopped_are_collected(loop_thread, tier, logged, make):
    class Work:
        async def __call__(self):
            await asyncio.sleep(0)
            return "done"

    work = Work()
    mark = weakref.ref(work)
    server = Running(loop_thread, protocol(tier, Settings()), make(work))
    client = server.connect()
    for _ in range(3):
        client.send(GET)
        client.read_response()
    server.stop()
    del server, client, work
    deadline = time.monotonic() + PATIENCE / 4
    while mark() is not None and time.monotonic() < deadline:
        loop_thread.run(asyncio.sleep(0))
        gc.collect()
    assert mark() is None


# A program of its own: what a loop leaves behind would be complained of in other tests. uvloop may
# wait for ever when it is closed so.
LEAVE_A_REQUEST = """
import asyncio, gc, sys
from covet_runtime.server.settings import Settings
from serving_apps import GET
from serving_harness import LoopThread, Running, protocol, wait_until

async def app(scope, receive, send):
    await receive()
    await receive()

def leave_a_request():
    thread = LoopThread(asyncio.new_event_loop)
    server = Running(thread, protocol(sys.argv[1], Settings()), app)
    server.connect().send(GET)
    wait_until(lambda: server.state.tasks)
    thread.close()

leave_a_request()
gc.collect()
kinds = {type(each).__name__ for each in gc.get_objects()}
print(*sorted(kinds & {"Connection", "Exchange", "HttpToolsProtocol", "Job"}))
"""


def test_loops_that_end_with_open_requests_are_collected(tier):
    command = [sys.executable, "-W", "ignore", "-c", LEAVE_A_REQUEST, tier]
    here = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": here}, stdout=subprocess.PIPE, check=True
    )
    assert done.stdout.split() == []


# uvicorn reads no more from then on.
@OURS
def test_a_client_that_goes_is_noticed_while_requests_wait(serve):
    gone = threading.Event()
    gate = Gate()

    async def app(scope, receive, send):
        await receive()
        gate.reach()
        assert (await receive())["type"] == "http.disconnect"
        gone.set()

    client = serve(app).connect()
    client.send(GET * 3)
    gate.wait_until_reached()
    client.close()
    assert gone.wait(PATIENCE)
