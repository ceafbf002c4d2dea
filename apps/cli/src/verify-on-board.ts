import {
  interpreterRuntime,
  judgeOutputs,
  type RuntimeResult,
  runEach,
  unmeasured,
} from '@ghostc/conformance';
import { type Graph, itemAt, messageOf } from '@ghostc/ir';
import { type Board, openBoard, type PortOptions } from '@ghostc/runtimes';
import { heldToInterpreter, type VerifyTask } from './verify-task.ts';

interface OnBoard {
  readonly graph: Graph;
  readonly port: PortOptions;
  readonly onStep: (step: string) => void;
}

/**
 * A model on a board: its outputs as on any target, and, on the first set of inputs, the output of each layer that is whole
 * when it has run, as the interpreter has it. Throws what opening the board throws.
 */
export async function verifyOnBoard(
  task: VerifyTask,
  { graph, port, onStep }: OnBoard,
): Promise<RuntimeResult> {
  const board = await openBoard(graph, port);
  try {
    const whole = await task.verify({ name: 'board', prepare: async () => ({ run: board.run }) });
    if (whole.status === 'error') return whole;
    const start = performance.now();
    const layers = await judgedLayers(board, { task, onStep });
    return { ...whole, ...layers, seconds: whole.seconds + (performance.now() - start) / 1000 };
  } finally {
    board.close();
  }
}

type Verdict = Pick<RuntimeResult, 'status' | 'message'> | Pick<RuntimeResult, 'note'>;

async function judgedLayers(
  board: Board,
  { task, onStep }: Pick<OnBoard, 'onStep'> & { task: VerifyTask },
): Promise<Verdict> {
  const [first] = task.dataSets;
  if (!first) return {};
  const { layers: all } = board.program;
  const model = withLayers(board);
  const outputs = itemAt(await runEach(interpreterRuntime.prepare(model), [first.inputs]), 0);
  const held = heldToInterpreter(model, [{ ...first, outputs }]);
  try {
    const run = await board.runLayers(first.inputs, (layer) =>
      onStep(`board, layer ${all.indexOf(layer) + 1} of ${all.length}`),
    );
    const computed = all.filter(({ output }) => run.layers.has(output));
    for (const layer of computed) {
      const name = layerName(layer.output);
      const expected = outputs.get(name);
      const tensor = run.layers.get(layer.output);
      if (!expected || !tensor) continue;
      const set = { ...first, outputs: new Map([[name, expected]]) };
      const wrong = judgeOutputs(set, new Map([[name, tensor]]), held).find(({ pass }) => !pass);
      if (wrong)
        return {
          status: 'fail',
          message: `layer ${all.indexOf(layer) + 1} of ${all.length}, ${layer.op} ${layer.name}, is the first that differs: ${wrong.problem ?? 'it differs'}`,
        };
    }
    return { note: `${computed.length} of ${all.length} layers compared one by one` };
  } catch (error) {
    return { ...unmeasured, message: messageOf(error) };
  }
}

/** No name that a model gives has a line break. */
const layerName = (output: string): string => `${output}\nlayer`;

/** The graph of the program with the outputs of its layers as outputs too. */
function withLayers({ lowered, program }: Board): Graph {
  const graph = lowered.clone();
  const wanted = new Set(program.layers.map(({ output }) => output));
  for (const { output } of [...graph.nodes()])
    if (wanted.has(output.name)) graph.addOutput(layerName(output.name), output);
  return graph;
}
