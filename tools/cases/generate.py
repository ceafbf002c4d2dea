"""Writes test-fixtures/cases from families/*.py: generate.py [family ...]. Needs onnx, onnxruntime, numpy."""

import importlib
import shutil
import sys
from pathlib import Path

from case import write

here = Path(__file__).resolve().parent
target = here.parent.parent / "test-fixtures" / "cases"


def main(wanted: list[str]) -> None:
    found = sorted(file.stem for file in (here / "families").glob("*.py"))
    unknown = [name for name in wanted if name not in found]
    if unknown:
        sys.exit(f"no family {', '.join(unknown)}; there are {', '.join(found)}")
    for family in wanted or found:
        module = importlib.import_module(f"families.{family}")
        prefix = family.replace("_", "-")
        cases = list(module.cases())
        names = [f"{prefix}-{case.name}" for case in cases]
        doubles = {name for name in names if names.count(name) > 1}
        if doubles:
            sys.exit(f"two cases have the name {', '.join(sorted(doubles))}")
        remove_stale(prefix, names)
        for name, case in zip(names, cases):
            write(case, target / name)
        print(f"{family}: {len(cases)} cases")


def remove_stale(prefix: str, names: list[str]) -> None:
    """Each family keeps a list of what it wrote, so that renamed cases go."""
    record = target / f"{prefix}.txt"
    old = record.read_text().split() if record.exists() else []
    for name in set(old) - set(names):
        shutil.rmtree(target / name, ignore_errors=True)
    target.mkdir(parents=True, exist_ok=True)
    record.write_text("\n".join(names) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
