"""A page opened in headless Chromium: what it shows, saves and prints.

Spoken to through its DevTools protocol over a pipe (one JSON object a message, ended by a zero
byte), which needs nothing installed but the browser.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any, Self

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
# The browser reads what it is asked from descriptor 3, and answers to 4.
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--disable-extensions", "--hide-scrollbars"),
    "--remote-debugging-pipe",
)


def find_chromium() -> str:
    """Return the browser; skips the test where there is none."""
    for name in NAMES:
        if program := shutil.which(name):
            return program
    pytest.skip("no chromium to open the page in: apt-get install chromium")


class Chromium:
    """A browser with one page.

    Args:
        folder: Where its profile lies, and what is saved from the page.
    """

    def __init__(self, folder: Path) -> None:
        asked, self._ask = os.pipe()
        self._answers, answer = os.pipe()
        # `sh` puts the two ends where the browser wants them; they may have those numbers already.
        wiring = f'exec "$@" 3<&{asked} 4>&{answer}'
        self.folder = folder
        self._process = subprocess.Popen(
            ["bash", "-c", wiring, "bash", find_chromium(), *FLAGS, f"--user-data-dir={folder}"],
            pass_fds=(asked, answer),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(asked)
        os.close(answer)
        self._numbers = itertools.count(1)
        self._left = b""
        self._session: str | None = None
        self.problems: list[str] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = session["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        self.ask("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask for something, and wait for the answer."""
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._ask, json.dumps(message).encode() + b"\0")
        while True:
            found = self._next()
            if found.get("id") == number:
                assert "error" not in found, found["error"]
                return found["result"]

    def open(self, page: Path, width: int = 1280, height: int = 900) -> None:
        """Open a file in a window of some width in pixels."""
        self.problems.clear()
        self.resize(width, height)
        self.ask("Page.navigate", url=page.resolve().as_uri())
        self.evaluate(
            "new Promise(done => document.readyState === 'complete'"
            " ? done() : addEventListener('load', done))"
        )

    def resize(self, width: int, height: int = 900) -> None:
        """Give the window another size; below 600 pixels it is a phone's."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def evaluate(self, script: str) -> Any:
        """Return what an expression of JavaScript comes to, promises awaited."""
        options = {"returnByValue": True, "awaitPromise": True}
        result = self.ask("Runtime.evaluate", expression=script, **options)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def fill(self, selector: str, value: str) -> None:
        """Write into a field, or choose from a list, as a person does."""
        self.evaluate(
            f"(() => {{ const field = document.querySelector({json.dumps(selector)});"
            f" field.value = {json.dumps(value)};"
            " field.dispatchEvent(new Event('input', {bubbles: true})); })()"
        )

    def screenshot(self) -> bytes:
        """Return the whole page as a PNG."""
        shot = self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    def pdf(self) -> bytes:
        """Return the page as it is printed."""
        printed = self.ask("Page.printToPDF", preferCSSPageSize=True, printBackground=False)
        return base64.b64decode(printed["data"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._ask)
        os.close(self._answers)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            data = os.read(self._answers, 1 << 16)
            assert data, "the browser has gone"
            self._left += data
        message, _, self._left = self._left.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        self._note(found)
        return found

    def _note(self, event: dict[str, Any]) -> None:
        """Keep what the page did wrong: scripts that failed or were refused, what was fetched."""
        about = event.get("params", {})
        match event.get("method"):
            case "Runtime.exceptionThrown":
                self.problems.append(str(about["exceptionDetails"]))
            case "Log.entryAdded" if about["entry"]["level"] == "error":
                self.problems.append(about["entry"]["text"])
            case "Network.requestWillBeSent":
                url = about["request"]["url"]
                if not url.startswith(("file:", "data:", "blob:")):
                    self.problems.append(f"fetched {url}")
