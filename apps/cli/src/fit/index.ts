export { type BoardFacts, knownBoards, knownChips } from './board-facts.ts';
export { type Plan, planFor } from './plan-for.ts';
