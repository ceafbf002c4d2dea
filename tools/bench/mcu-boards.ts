import { type BoardFacts, knownChips, planFor } from '@ghostc/cli/fit';
import { lowerForQuantizer, optimize } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import { buildFromSpec } from '@ghostc/ghostnet';
import { CompileError, type Graph } from '@ghostc/ir';
import { quantize } from '@ghostc/quant';
import type { Row } from './mcu-report.ts';

const SPEC = 'ghostnet:0.5@96';

/** Bytes that code and stack are taken to need: plans are not compiled here. */
const CODE = 64 * 1024;
const STACK = 4 * 1024;

/** Chips of `ghostc fit` on which a GhostNet in int8 does not fit, of all: weights inside, and fetched where that does not do. */
export function boards(progress: (what: string) => void): Row[] {
  const float = lowerForQuantizer(optimize(buildFromSpec(SPEC, { seed: 1 })));
  const inputs = seededInputs(float, 1);
  const graph = quantize(float, [{ name: 'seeded', inputs }], { io: 'int8' }).graph;
  const inside = knownChips.filter((board) => fits(graph, board, { progress, fetched: false }));
  const fetched = knownChips.filter(
    (board) => inside.includes(board) || fits(graph, board, { progress, fetched: true }),
  );
  const row = (name: string, fitting: readonly BoardFacts[], target: number): Row => ({
    name: `${SPEC} int8, ${name}`,
    device: `of ${knownChips.length}`,
    unit: 'boards that it does not fit',
    ours: knownChips.length - fitting.length,
    target,
  });
  return [row('weights inside', inside, 21), row('weights inside or fetched', fetched, 11)];
}

interface Attempt {
  readonly progress: (what: string) => void;
  readonly fetched: boolean;
}

function fits(graph: Graph, board: BoardFacts, { progress, fetched }: Attempt): boolean {
  if (fetched && !board.externalFlash) return false;
  progress(`${SPEC} on ${board.name}${fetched ? ', weights fetched' : ''}`);
  try {
    const { program, buffers, problems } = planFor({ variant: SPEC, graph, board, io: 'arena', fetched });
    const ram = buffers.reduce((sum, { bytes }) => sum + bytes, STACK);
    const flash = CODE + (fetched ? 0 : program.weightBytes);
    const room = board.ram.reduce((sum, { bytes }) => sum + bytes, 0);
    return problems.length === 0 && ram <= room && flash <= board.flashBytes;
  } catch (error) {
    if (error instanceof CompileError) return false;
    throw error;
  }
}
