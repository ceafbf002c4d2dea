export { dominates, type Score } from './dominance.ts';
export { type Nsga2Options, nsga2 } from './nsga2.ts';
export { type FrontEntry, ParetoFront } from './pareto-front.ts';
export type { Scored, Search } from './scored.ts';
export { pointsOf, type Strategy, searchBy } from './search.ts';
export { type Axis, type Genome, genomeAt, type Setting, type Space, settingsOf, sizeOf } from './space.ts';
