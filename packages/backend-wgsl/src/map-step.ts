import { numElements } from '@ghostc/ir';
import type { Lane, Place, Step } from './kernel.ts';
import { collapseNest, type StridedNest } from './strided-nest.ts';
import type { ElementFunction } from './text/element-function.ts';
import { nestText } from './text/nest-text.ts';

/** y[...] = apply(formula(a[...], b[...])) over a strided nest; the first tensor is the output. */
export interface StridedMap {
  readonly id: string;
  /** Dimensions and, for each of `places`, strides. */
  readonly nest: StridedNest;
  /** Output first, then the operands `a`, `b`. */
  readonly places: readonly Place[];
  /** Expression of `a_v` and `b_v`, the elements. */
  readonly formula: (lane: Lane) => string;
  readonly functions?: (lane: Lane) => readonly string[];
  readonly apply: (lane: Lane) => ElementFunction;
}

type Access = 'scalar' | 'vector' | 'splat';

/** The dispatch of a map: four elements an invocation where everything lies on 16-byte boundaries, else one. */
export function mapStep({ id, nest, places, formula, functions, apply }: StridedMap): Step {
  const flat = collapseNest(nest);
  const access = vectorAccess(flat, places);
  const lane: Lane = access ? 'vec4f' : 'f32';
  const kinds: readonly Access[] = access ?? places.map(() => 'scalar');
  const scaled = access ? quartered(flat, access) : flat;
  const names = ['y', 'a', 'b'].slice(0, places.length);
  const offsets = places.map(({ offset }, t) => (kinds[t] === 'vector' ? offset / 4 : offset));
  const index = nestText(scaled, Object.fromEntries(names.map((name, t) => [name, offsets[t] ?? 0])));
  const { key, text, floats } = apply(lane);
  const loads = names.slice(1).map((name, i) => load(name, kinds[i + 1], places[i + 1]));
  const used = places
    .slice(1)
    .map(({ buffer }, i) => (kinds[i + 1] === 'splat' ? `${buffer}_splat` : buffer));
  return {
    id: [id, ...(key === 'none' ? [] : [key]), `${scaled.dims.length}d`, lane, ...used].join('_'),
    arena: lane,
    weights: lane,
    functions: [...(functions?.(lane) ?? []), text],
    body: `${index.text}\n${loads.join('\n')}\narena[y] = apply(${formula(lane)});`,
    ints: index.ints,
    floats,
    count: numElements(scaled.dims),
  };
}

function load(name: string, kind: Access | undefined, place: Place | undefined): string {
  const at = `${place?.buffer}[${kind === 'splat' ? `${name} / 4][${name} % 4` : name}]`;
  return `let ${name}_v = ${kind === 'splat' ? `vec4f(${at})` : at};`;
}

/** How each tensor is read or written with four elements an invocation; undefined if one cannot be. */
function vectorAccess({ dims, strides }: StridedNest, places: readonly Place[]): Access[] | undefined {
  const last = dims.length - 1;
  if ((dims[last] ?? 1) % 4 !== 0) return undefined;
  const kinds = places.map(({ offset }, t): Access => {
    const steps = strides[t] ?? [];
    if (steps[last] === 0) return 'splat';
    const aligned = [offset, ...steps.slice(0, -1)].every((step) => step % 4 === 0);
    return steps[last] === 1 && aligned ? 'vector' : 'scalar';
  });
  return kinds[0] === 'vector' && !kinds.includes('scalar') ? kinds : undefined;
}

/** The nest in units of four elements along the last axis. */
function quartered({ dims, strides }: StridedNest, kinds: readonly Access[]): StridedNest {
  const last = dims.length - 1;
  return {
    dims: dims.map((dim, axis) => (axis === last ? dim / 4 : dim)),
    strides: strides.map((steps, t) =>
      kinds[t] === 'splat' ? steps : steps.map((step, axis) => (axis === last ? step : step / 4)),
    ),
  };
}
