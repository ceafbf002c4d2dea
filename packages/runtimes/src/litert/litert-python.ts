import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Pythons that may have LiteRT's interpreter: the one that GHOSTC_LITERT_PYTHON names, the repository's own, the machine's. */
function candidates(): string[] {
  const own = ['ai-edge-litert__2.3.0', 'ai-edge-litert__2.3.0+ethos-u-vela__5.2.0'].map((name) =>
    join(process.cwd(), `node_modules/.cache/venv-${name}/bin/python`),
  );
  return [process.env.GHOSTC_LITERT_PYTHON ?? '', ...own, 'python3'].filter(Boolean);
}

let found: string | undefined;

/** A Python with the package ai-edge-litert; undefined where there is none. */
export function litertPython(): string | undefined {
  found ??= candidates().find(
    (python) => spawnSync(python, ['-c', 'import ai_edge_litert.interpreter']).status === 0,
  );
  return found;
}
