import { cKernelMutants, wgslKernelMutants } from './kernel-mutants.ts';
import { type Mutant, type Subject, spread } from './mutant.ts';
import { passMutants } from './pass-mutants.ts';
import { cPlanMutants, wgslPlanMutants } from './plan-mutants.ts';

const makers: Readonly<Record<string, (subject: Subject) => Mutant[]>> = {
  c: cKernelMutants,
  wgsl: wgslKernelMutants,
  pass: passMutants,
  'plan-c': cPlanMutants,
  'plan-wgsl': wgslPlanMutants,
};

/** `count` mutants of each kind, spread over the model. Throws for an unknown kind. */
export function mutantsOf(subject: Subject, kinds: readonly string[], count: number): Mutant[] {
  return kinds.flatMap((kind) => {
    const maker = makers[kind];
    if (!maker) throw new Error(`there is no kind ${kind}; there are ${Object.keys(makers).join(', ')}`);
    return spread(maker(subject), count);
  });
}
