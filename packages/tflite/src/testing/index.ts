export { buildModel, type ModelSpec, type OperatorSpec, type TensorSpec } from './build-model.ts';
export { caseInputs, type OperatorCase, operatorCases } from './operator-cases.ts';
export { writeGraph } from './write-graph.ts';
