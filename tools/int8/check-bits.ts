import { seededSamples } from '@ghostc/conformance';
import { interpret } from '@ghostc/interpreter';
import { messageOf } from '@ghostc/ir';
import { seededInt8 } from './int8-models.ts';
import type { Row } from './row.ts';
import { countDifferent, runOn } from './run-on.ts';

/** One int8 model on each target, its elements counted that are not the interpreter's. */
export async function checkBits(
  name: string,
  targets: readonly string[],
  progress: (what: string) => void,
): Promise<Row[]> {
  progress(`${name}: quantising, interpreter`);
  const graph = seededInt8(name);
  const samples = seededSamples(graph, name.startsWith('ghostnet:') ? 1 : 2, 5);
  const inputs = samples.map((sample) => sample.inputs);
  const expected = inputs.map((one) => interpret(graph, one));
  const rows: Row[] = [];
  for (const target of targets) {
    progress(`${name}: ${target}`);
    const row = { check: 'bits of the interpreter', subject: name, target, expected: '0 differ' };
    try {
      const { different, elements } = countDifferent(expected, await runOn(target, graph, inputs));
      rows.push({ ...row, found: `${different} of ${elements} differ`, met: different === 0 });
    } catch (error) {
      rows.push({ ...row, found: messageOf(error).split('\n')[0] ?? '', met: false });
    }
  }
  return rows;
}
