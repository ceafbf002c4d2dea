import { join } from 'node:path';
import { compileC, compileWgsl } from '@ghostc/compiler';
import type { Graph } from '@ghostc/ir';
import { expect, test } from 'vitest';
import { fixtures, readFixture, sameAsSeed, seededInt8 } from '../testing/fixture-models.ts';

const read = (folder: string): Graph => readFixture(join(fixtures, folder));

/** Code without weights and comments, which name the source and its nodes. */
function codeOf(graph: Graph): { c: string; shaders: string[] } {
  const c = String(compileC(graph, { name: 'net' }).files.get('net.c'));
  const { modules, variants } = compileWgsl(graph, { name: 'net' }).manifest;
  const others = Object.values(variants).flatMap((list) => list.map(({ source }) => source));
  return { c: c.replaceAll(/\/\*.*?\*\//gs, ''), shaders: [...Object.values(modules), ...others] };
}

test.for(sameAsSeed)(
  '%s becomes the code of the seed module, so that tests of code leave it out',
  (folder) => {
    const [seed, form] = [read('modules/ghost_module_seed'), read(folder)];
    expect(codeOf(form)).toEqual(codeOf(seed));
    expect(codeOf(seededInt8(form).graph)).toEqual(codeOf(seededInt8(seed).graph));
  },
);
