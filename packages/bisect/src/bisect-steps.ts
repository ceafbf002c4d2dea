import { itemAt, type Node } from '@ghostc/ir';
import { isolateNodes, referenceValues, type Sample } from './isolate.ts';
import { disagree, type Outcome } from './outcome.ts';
import { reduce } from './reduce.ts';
import { type BisectReport, named, report, type Session } from './session.ts';

/** Where a runtime rounds quantised layers otherwise, steps travel: every node is judged by itself, on the interpreter's values. */
export async function bisectSteps(sample: Sample, whole: Outcome, session: Session): Promise<BisectReport> {
  const nodes = [...sample.graph.nodes()];
  const values = referenceValues(sample);
  session.progress(`${nodes.length} nodes, each by itself`);
  const isolated = await session.run(isolateNodes(sample.graph, values));
  if (isolated.failures.length) {
    const { kind, failures } = isolated;
    session.notes.push('the whole model runs, but not its nodes one by one');
    return report(session, { ...whole, kind, failures }, {});
  }
  for (const [n, node] of nodes.entries())
    for (const k of node.outputs.keys()) session.rows.push(rowOf(node, `${n}_${k}`, isolated));
  const guilty = nodes.findIndex((node, n) => node.outputs.some((_, k) => ratio(isolated, `${n}_${k}`) > 1));
  const verdict: Outcome = { ...whole, kind: disagree(isolated) ? isolated.kind : 'same' };
  if (guilty < 0) return report(session, verdict, {});
  const node = itemAt(nodes, guilty);
  const single = isolateNodes(sample.graph, values, [node]);
  const differing = async (one: Sample): Promise<boolean> => disagree(await session.run(one));
  const { maxTrials, progress: onProgress } = session;
  const small = await reduce(single, { differing, maxTrials, onProgress });
  return report(session, verdict, {
    group: [named(node)],
    smallest: { ...small, outcome: await session.run(small) },
  });
}

function rowOf(node: Node, name: string, { comparisons, kind }: Outcome): BisectReport['rows'][number] {
  const { maxAbs: error = 0, allowed = 0, ratio = 0 } = comparisons.get(name) ?? {};
  return { ...named(node), kind: ratio > 1 ? kind : 'same', error, allowed };
}

function ratio({ comparisons }: Outcome, name: string): number {
  return comparisons.get(name)?.ratio ?? 0;
}
