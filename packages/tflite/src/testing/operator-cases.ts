import { itemAt, randomTensor, toBytes } from '@ghostc/ir';
import type { TensorSpec } from '../encode-model.ts';
import { axisOrderCases } from './axis-order-cases.ts';
import { branchCases } from './branch-cases.ts';
import { detectionCases } from './detection-cases.ts';
import { floatCases } from './float-cases.ts';
import { indexCases } from './index-cases.ts';
import { quantizedCases, wideCases } from './integer-cases.ts';
import { loopCases } from './loop-cases.ts';
import type { OperatorCase } from './operator-case.ts';
import { realCases } from './real-cases.ts';
import { stateCases } from './state-cases.ts';
import { unsignedCases } from './unsigned-cases.ts';

/** Every case: TFLite's reference kernels run each of them. */
export const operatorCases: readonly OperatorCase[] = [
  ...floatCases,
  ...quantizedCases,
  ...wideCases,
  ...unsignedCases,
  ...axisOrderCases,
  ...indexCases,
  ...stateCases,
  ...branchCases,
  ...loopCases,
  ...realCases,
  ...detectionCases,
];

/** Seeded bytes of all inputs of a case, set after set. */
export function caseInputs({ spec }: OperatorCase, sets: number): Uint8Array[][] {
  return Array.from({ length: sets }, (_, set) =>
    spec.inputs.map((place, i) => seededBytes(itemAt(spec.tensors, place), 1000 * set + i + 1)),
  );
}

/** Floats in [-8, 8), so that clamps are reached; integers of the whole type, each once where there are 256. */
function seededBytes({ type, shape }: TensorSpec, seed: number): Uint8Array {
  const uniform = randomTensor({ dtype: 'f32', shape }, seed).data as Float32Array;
  if (type === 'FLOAT32') return toBytes(uniform.map((v) => 8 * v));
  if (type === 'INT16') return toBytes(Int16Array.from(uniform, (v) => Math.floor(32768 * v)));
  if (type !== 'INT8' && type !== 'UINT8') throw new Error(`no seeded inputs of ${type}`);
  return Uint8Array.from(uniform, (v, i) => (uniform.length === 256 ? i : Math.floor(128 * (v + 1))));
}
