import { CompileError } from '@ghostc/ir';
import type { EmitCOptions } from './c-program.ts';
import { pointedType, type RunParameter } from './run-parameters.ts';

/** A program whose run function can give parts of layers to threads of the caller. */
interface Threaded {
  readonly name: string;
  /** Threads that may compute at the same time. */
  readonly threads: number;
}

/** Calls and comments of lists of layers, each for a thread. */
export type StageLines = readonly (readonly string[])[];

/** What the header declares. */
export function threadDeclarations({ name, threads }: Threaded, parameters: string): string {
  const upper = name.toUpperCase();
  return `
/* Threads that ${name}_run_on has work for at the same time; the bits of the outputs are the same for any number. */
#define ${upper}_THREADS ${threads}

/* Computes a part of some layers: different parts may run at the same time, on any threads. */
typedef void (*${name}_task)(void *argument, int part);

/* Calls task(argument, part) once for each part from 0 to parts - 1, and returns after all have returned. */
typedef void (*${name}_parallel_for)(void *context, int parts, ${name}_task task, void *argument);

/* ${name}_run on threads. \`context\` goes to parallel_for as it is; without one (NULL), all runs on the calling thread. */
int ${threadedSignature(name, parameters)};
`;
}

/** `<name>_run_on(...)`: the parameters of the run function and two more. */
export function threadedSignature(name: string, parameters: string): string {
  return `${name}_run_on(${parameters}, ${name}_parallel_for parallel_for, void *context)`;
}

/** The parameters of a run as tasks get them, and what takes the place of threads. */
export function threadPrelude({ name }: Threaded, parameters: readonly RunParameter[]): string[] {
  return [
    `typedef struct ${name}_k_arguments {`,
    ...parameters.map((one) => `${pointedType(one)} *${one.name};`),
    `} ${name}_k_arguments;`,
    '',
    `static void ${name}_k_in_turn(void *context, int parts, ${name}_task task, void *argument)`,
    '{',
    '(void)context;',
    'for (int part = 0; part < parts; part++) {',
    'task(argument, part);',
    '}',
    '}',
  ];
}

/** What a run function with stages starts with. */
export function taskArguments(name: string, parameters: readonly RunParameter[]): string[] {
  return [
    `${name}_k_arguments arguments = { ${parameters.map((one) => one.name).join(', ')} };`,
    'if (parallel_for == NULL) {',
    `parallel_for = ${name}_k_in_turn;`,
    '}',
  ];
}

/** The call of a stage of several lists of layers. */
export function stageCall(name: string, stage: number, lists: number): string {
  return `parallel_for(context, ${lists}, ${stageName(name, stage)}, &arguments);`;
}

function stageName(name: string, stage: number): string {
  return `${name}_k_stage_${stage}`;
}

/** A stage: `lists` of layers, each for a thread; `pointers`: declarations that some of these layers need. */
export function stageFunction(
  { name }: Threaded,
  stage: number,
  {
    lists,
    pointers,
    parameters,
  }: {
    readonly lists: StageLines;
    readonly pointers: readonly string[];
    readonly parameters: readonly RunParameter[];
  },
): string[] {
  const text = [...pointers, ...lists.flat()].filter((line) => !line.startsWith('/*')).join('\n');
  const fields = parameters.filter((one) => new RegExp(`\\b${one.name}\\b`).test(text));
  return [
    `KERNEL void ${stageName(name, stage)}(void *argument, int part)`,
    '{',
    `const ${name}_k_arguments *const given = (const ${name}_k_arguments *)argument;`,
    ...fields.map((one) => `${pointedType(one)} *const ${one.name} = given->${one.name};`),
    ...pointers,
    ...lists.flatMap((lines, part) => [
      part === 0
        ? 'if (part == 0) {'
        : part === lists.length - 1
          ? '} else {'
          : `} else if (part == ${part}) {`,
      ...lines,
    ]),
    '}',
    '}',
  ];
}

/** Throws `backend-c/threads` for what needs layers one after another. */
export function checkThreadable({ observer, weights }: EmitCOptions): void {
  if (observer)
    throw new CompileError(
      'backend-c/threads',
      'an observer sees layers in order; expected it or threads, found both',
    );
  if (weights === 'fetch')
    throw new CompileError(
      'backend-c/threads',
      'weights are fetched layer by layer; expected that or threads, found both',
    );
}
