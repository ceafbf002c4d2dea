export { buildModel, type ModelSpec, type OperatorSpec, type TensorSpec } from './build-model.ts';
export type { OperatorCase } from './operator-case.ts';
export { caseInputs, operatorCases } from './operator-cases.ts';
export { writeGraph } from './write-graph.ts';
