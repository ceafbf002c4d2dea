import { cRuntimeWith } from './c-program.ts';
import { cKernelMutants, wgslKernelMutants, wgslRuntimeWith } from './kernel-mutants.ts';
import { type Mutant, type Subject, spread } from './mutant.ts';
import { passMutants } from './pass-mutants.ts';
import { cPlanMutants, wgslPlanMutants } from './plan-mutants.ts';

const makers: Readonly<Record<string, (subject: Subject) => Mutant[]>> = {
  c: cKernelMutants,
  wgsl: wgslKernelMutants,
  pass: passMutants,
  'plan-c': cPlanMutants,
  'plan-wgsl': wgslPlanMutants,
  none: unchanged,
};

/** Mutants of each kind, as many as `KIND:COUNT` gives, spread over the model. Throws for an unknown kind. */
export function mutantsOf(subject: Subject, kinds: readonly string[]): Mutant[] {
  return kinds.flatMap((one) => {
    const [kind = '', count] = one.split(':');
    const maker = makers[kind];
    if (!maker) throw new Error(`there is no kind ${kind}; there are ${Object.keys(makers).join(', ')}`);
    return spread(maker(subject), Number(count ?? 20));
  });
}

/** The unbroken compiler: nothing may be found. */
function unchanged({ name }: Subject): Mutant[] {
  const runtimes = [cRuntimeWith('c', (source) => source), wgslRuntimeWith((program) => program)];
  return runtimes.map((runtime) => ({
    name: `${name} ${runtime.name}: nothing`,
    kind: 'none',
    layers: new Set<string>(),
    runtime,
  }));
}
