"""A real Chromium without a window, spoken to in the WebDriver protocol."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Optional

BROWSER = next(
    filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None
)
DRIVER = shutil.which("chromedriver")

# Why there is no browser to test with, or None.
MISSING = (
    None
    if BROWSER and DRIVER
    else "needs Chromium and chromedriver: `apt-get install chromium chromium-driver`"
)

# What the protocol calls these keys.
KEYS = {
    "Escape": "\ue00c",
    "Enter": "\ue007",
    "Tab": "\ue004",
    "Up": "\ue013",
    "Down": "\ue015",
    "Left": "\ue012",
    "Right": "\ue014",
    "Home": "\ue011",
    "End": "\ue010",
}


class Browser:
    """A window of the browser."""

    def __init__(self, driver: str) -> None:
        self._driver = driver
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        options = {"binary": BROWSER, "args": [*arguments, "--hide-scrollbars"]}
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        self._session = ""
        made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self._session = f"/session/{made['sessionId']}"

    def _call(self, method: str, path: str, body: Optional[dict[str, Any]] = None) -> Any:
        request = urllib.request.Request(
            f"{self._driver}{self._session}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        # No proxy of the environment between us and the driver.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def close(self) -> None:
        """End the browser."""
        self._call("DELETE", "")

    def open(self, page: Path, fragment: str = "") -> None:
        """Open a file, and wait until its script has run, if it has one."""
        self._call("POST", "/url", {"url": "about:blank"})
        self._call("POST", "/url", {"url": page.resolve().as_uri() + fragment})

    def run(self, script: str, *arguments: Any) -> Any:
        """What the body of a function in the page returns."""
        return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, script: str) -> Any:
        """What the body of an async function in the page returns."""
        script = f"const done = arguments[0]; (async () => {{ {script} }})().then(done)"
        return self._call("POST", "/execute/async", {"script": script, "args": []})

    def settled(self) -> None:
        """Wait until what was asked for has been drawn."""
        self.wait("for (let i = 0; i < 3; i += 1) await new Promise(requestAnimationFrame)")

    def press(self, *keys: str) -> None:
        """Press keys: names of `KEYS`, or text."""
        actions = []
        for key in keys:
            for value in KEYS.get(key, key):
                actions += [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        typing = {"type": "key", "id": "keyboard", "actions": actions}
        self._call("POST", "/actions", {"actions": [typing]})
        self.settled()

    def click(self, selector: str) -> None:
        """Click the first element that the selector finds."""
        found = self._call("POST", "/element", {"using": "css selector", "value": selector})
        (element,) = found.values()
        self._call("POST", f"/element/{element}/click", {})
        self.settled()

    def screenshot(self) -> bytes:
        """What is seen, as PNG."""
        return base64.b64decode(self._call("GET", "/screenshot"))

    def tell(self, command: str, **parameters: Any) -> Any:
        """Ask for something in the browser's own protocol."""
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def prefer(self, theme: str) -> None:
        """Have the system be `light` or `dark`."""
        feature = {"name": "prefers-color-scheme", "value": theme}
        self.tell("Emulation.setEmulatedMedia", features=[feature])

    def resize(self, width: int, height: int) -> None:
        """Have another screen, below 500 pixels that of a phone."""
        self.tell(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 500,
        )

    def complaints(self) -> list[str]:
        """What the console has said since it was last asked."""
        return [entry["message"] for entry in self._call("POST", "/se/log", {"type": "browser"})]

    def requests(self) -> list[str]:
        """The addresses that have been asked for since this was last called."""
        entries = self._call("POST", "/se/log", {"type": "performance"})
        messages = [json.loads(entry["message"])["message"] for entry in entries]
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser for as long as the block runs."""
    assert DRIVER is not None, MISSING
    driver = subprocess.Popen([DRIVER, "--port=0"], stdout=subprocess.PIPE, text=True)
    try:
        assert driver.stdout is not None
        said = re.compile(r"started successfully on port (\d+)")
        port = next(found[1] for found in map(said.search, driver.stdout) if found)
        window = Browser(f"http://127.0.0.1:{port}")
        try:
            yield window
        finally:
            window.close()
    finally:
        driver.terminate()
        driver.wait()
        if driver.stdout is not None:
            driver.stdout.close()
