export type { OperatorCase } from './operator-case.ts';
export { caseInputs, operatorCases } from './operator-cases.ts';
