export { type BoardFacts, knownBoards } from './board-facts.ts';
export { type Plan, planFor } from './plan-for.ts';
