import type { CLayer } from './c-program.ts';

/** A program that calls an observer before each layer: to feed a watchdog, to yield, to measure, or to end the run. */
interface Observed {
  readonly name: string;
  readonly layers: readonly CLayer[];
  /** Of the run function, as C. */
  readonly parameters: string;
}

/** What the header declares. */
export function observerDeclarations({ name, layers, parameters }: Observed): string {
  const upper = name.toUpperCase();
  return `
/* A layer: its place in the run, what it computes, and the name that the model has for it. */
typedef struct ${name}_layer {
  int index;
  const char *op;
  const char *name;
} ${name}_layer;

#define ${upper}_LAYERS ${layers.length}
extern const ${name}_layer ${name}_layers[${upper}_LAYERS];

/*
 * Called before each layer; in bands of rows, before each band of it. A result other than 0 ends the run there:
 * it returns ${upper}_E_STOPPED, and the outputs hold nothing of use.
 */
typedef int (*${name}_observer)(void *context, const ${name}_layer *layer);

/* ${name}_run with an observer, which may be NULL. \`context\` goes to it as it is. */
int ${observedSignature(name, parameters)};
`;
}

/** `<name>_run_observed(...)`: the parameters of the run function and two more. */
export function observedSignature(name: string, parameters: string): string {
  return `${name}_run_observed(${parameters}, ${name}_observer observer, void *context)`;
}

/** The table of layers. */
export function layerTable({ name, layers }: Omit<Observed, 'parameters'>): string[] {
  return [
    `const ${name}_layer ${name}_layers[${name.toUpperCase()}_LAYERS] = {`,
    ...layers.map((layer, i) => `{ ${i}, ${quoted(layer.op)}, ${quoted(layer.name)} },`),
    '};',
  ];
}

/** What a layer's code starts with. */
export function observerCall(name: string, index: number): string[] {
  return [
    `if (observer != NULL && observer(context, &${name}_layers[${index}]) != 0) {`,
    `return ${name.toUpperCase()}_E_STOPPED;`,
    '}',
  ];
}

const LONGEST = 200;

/** A string literal of C99 with the bytes of UTF-8, at most 200; `?` is escaped, since two of them begin a trigraph. */
function quoted(text: string): string {
  const bytes = [...new TextEncoder().encode(text)].slice(0, LONGEST);
  const literal = bytes.map((byte) => {
    const char = String.fromCharCode(byte);
    return /[\w .,:;+\-[\](){}<>=%#@!|~^/*&$']/.test(char) ? char : `\\${byte.toString(8).padStart(3, '0')}`;
  });
  return `"${literal.join('')}"`;
}
