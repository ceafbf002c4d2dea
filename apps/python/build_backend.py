"""
Builds the wheel with only the standard library: the Python sources, and the bundled command beside them.

`npm run build:python` makes the bundle first and then runs this; `pip wheel apps/python` works where the bundle is there.
"""

from __future__ import annotations

import base64
import hashlib
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomllib

here = Path(__file__).resolve().parent
bundle = here.parent / "cli" / "dist"

# The earliest time that a ZIP archive knows: the same sources make the same bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)


def build_wheel(
    wheel_directory: str, config_settings: dict[str, Any] | None = None, metadata_directory: str | None = None
) -> str:
    project = tomllib.loads((here / "pyproject.toml").read_text())["project"]
    stem = f"{project['name']}-{project['version']}"
    info = f"{stem}.dist-info"
    files = {
        **dict(sources()),
        f"{info}/METADATA": metadata(project).encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: ghostc\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": b"[console_scripts]\nghostc = ghostc._command:main\n",
    }
    name = f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory) / name, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, content in files.items():
            add(wheel, path, content)
        add(wheel, f"{info}/RECORD", record(files, info).encode())
    return name


def sources() -> Iterator[tuple[str, bytes]]:
    for path in sorted((here / "src").rglob("*")):
        if path.suffix in (".py", ".typed"):
            yield path.relative_to(here / "src").as_posix(), path.read_bytes()
    built = sorted(bundle.glob("*.*js"))
    if not any(path.name == "ghostc.mjs" for path in built):
        raise SystemExit(f"{bundle}/ghostc.mjs is missing: run `npm run build:python`")
    for path in built:
        yield f"ghostc/_command/{path.name}", path.read_bytes()


def metadata(project: dict[str, Any]) -> str:
    extras: dict[str, list[str]] = project["optional-dependencies"]
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {project['name']}",
        f"Version: {project['version']}",
        f"Summary: {project['description']}",
        f"License: {project['license']}",
        f"Requires-Python: {project['requires-python']}",
        *(f"Requires-Dist: {one}" for one in project["dependencies"]),
    ]
    for extra, needs in extras.items():
        lines += [f"Provides-Extra: {extra}", *(f'Requires-Dist: {one}; extra == "{extra}"' for one in needs)]
    lines += ["Description-Content-Type: text/markdown", "", (here / "README.md").read_text()]
    return "\n".join(lines)


def record(files: dict[str, bytes], info: str) -> str:
    rows = [f"{path},sha256={digest(content)},{len(content)}" for path, content in files.items()]
    return "\n".join([*rows, f"{info}/RECORD,,", ""])


def digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def add(wheel: zipfile.ZipFile, path: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(path, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    wheel.writestr(entry, content)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    print(folder / build_wheel(str(folder)))
