import { emitOnnx } from '@ghostc/backend-onnx';
import {
  type BoundedSet,
  type ConformanceCase,
  caseBounds,
  caseGraph,
  suiteVersion,
} from '@ghostc/conformance';
import { attempt, type Graph } from '@ghostc/ir';
import { writeTensorProto } from '@ghostc/onnx';

/** What the manifest contains for a case. */
interface ManifestCase {
  readonly name: string;
  readonly ops: readonly string[];
  readonly sets: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Outputs must be equal. */
  readonly exact: boolean;
  /** Where the bounds come from. */
  readonly reasons: readonly string[];
}

/**
 * The suite as files for runners in any language: for each case `model.onnx` and, in `test_data_set_K`, TensorProtos
 * `input_N.pb`, `output_N.pb`, `bound_N.pb` and, where there is one, `typical_N.pb`; `manifest.json` lists them. Cases whose ops ONNX
 * has not are listed apart in `left_out`.
 */
export function exportSuite(
  cases: readonly ConformanceCase[],
  onCase: (name: string) => void,
): Map<string, string | Uint8Array> {
  const files = new Map<string, string | Uint8Array>();
  const listed: ManifestCase[] = [];
  const leftOut: string[] = [];
  for (const one of cases) {
    onCase(one.name);
    const graph = caseGraph(one);
    const onnx = attempt(() => emitOnnx(graph));
    if (!onnx) {
      leftOut.push(one.name);
      continue;
    }
    const sets = caseBounds(one);
    files.set(`${one.name}/model.onnx`, onnx);
    for (const [k, set] of sets.entries())
      for (const [name, content] of setFiles(graph, set))
        files.set(`${one.name}/test_data_set_${k}/${name}`, content);
    listed.push(manifestCase(one, graph, sets));
  }
  const manifest = { format: 'ghostc-suite/1', suite: suiteVersion, cases: listed, left_out: leftOut };
  files.set('manifest.json', `${JSON.stringify(manifest, null, 1)}\n`);
  return files;
}

function setFiles(graph: Graph, { inputs, outputs }: BoundedSet): [string, Uint8Array][] {
  const given = graph.inputs.flatMap(({ name }, i): [string, Uint8Array][] => {
    const tensor = inputs.get(name);
    return tensor ? [[`input_${i}.pb`, writeTensorProto(tensor, name)]] : [];
  });
  const wanted = graph.outputs.flatMap(({ name }, i): [string, Uint8Array][] => {
    const one = outputs.get(name);
    if (!one) return [];
    const { expected, bound, typical } = one;
    return [
      [`output_${i}.pb`, writeTensorProto(expected, name)],
      [`bound_${i}.pb`, writeTensorProto(bound, name)],
      ...(typical ? [[`typical_${i}.pb`, writeTensorProto(typical, name)] as [string, Uint8Array]] : []),
    ];
  });
  return [...given, ...wanted];
}

function manifestCase(one: ConformanceCase, graph: Graph, sets: readonly BoundedSet[]): ManifestCase {
  const reasons = sets.flatMap(({ outputs }) => [...outputs.values()].map(({ reason }) => reason));
  return {
    name: one.name,
    ops: [...new Set([...graph.nodes()].map(({ op }) => op))],
    sets: sets.length,
    inputs: graph.inputs.map(({ name }) => name),
    outputs: graph.outputs.map(({ name }) => name),
    exact: one.exact ?? false,
    reasons: [...new Set(reasons)],
  };
}
