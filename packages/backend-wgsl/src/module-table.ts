import type { Variant } from '@ghostc/wgsl-runtime';
import type { Step } from './kernel.ts';
import { indented } from './text/indented.ts';
import { moduleText, type TextOptions } from './text/module-text.ts';

/** The modules of a program: equal sources once, ids unique; and their variants. */
export class ModuleTable {
  readonly #half: boolean;
  readonly #ids = new Map<string, string>();
  readonly #modules: Record<string, string> = {};
  readonly #variants: Record<string, Variant[]> = {};

  /** `f16`: matrices are f16 in memory where the device can read them. */
  constructor(matrices: 'f32' | 'f16' = 'f32') {
    this.#half = matrices === 'f16';
  }

  /** Id of the step's module. */
  add(step: Step): string {
    const source = moduleText(step, { matrices: this.#half ? 'vec4f' : 'weights', body: 'plain' });
    const variants = this.#variantsOf(step);
    const key = [source, ...variants.map((variant) => variant.source)].join('\0');
    const known = this.#ids.get(key);
    if (known) return known;
    const id = this.#free(step.id);
    this.#ids.set(key, id);
    this.#modules[id] = indented(source);
    if (variants.length)
      this.#variants[id] = variants.map((one) => ({ ...one, source: indented(one.source) }));
    return id;
  }

  get modules(): Readonly<Record<string, string>> {
    return this.#modules;
  }

  get variants(): Readonly<Record<string, readonly Variant[]>> {
    return this.#variants;
  }

  /** Best first. With f16 matrices a module that reads them must do so wherever the device can: the buffer is f16 then. */
  #variantsOf(step: Step): Variant[] {
    const half = this.#half && step.matrix;
    const matrices: TextOptions['matrices'] = this.#half ? 'vec4f' : 'weights';
    const text = (options: TextOptions): string => moduleText(step, options);
    return [
      ...(half && step.subgroupBody
        ? [{ requires: both, source: text({ matrices: 'vec4h', body: 'subgroups' }) }]
        : []),
      ...(half ? [{ requires: f16, source: text({ matrices: 'vec4h', body: 'plain' }) }] : []),
      ...(step.dotBody ? [{ requires: dot, source: text({ matrices, body: 'dot' }) }] : []),
      ...(step.subgroupBody ? [{ requires: subgroups, source: text({ matrices, body: 'subgroups' }) }] : []),
    ];
  }

  #free(preferred: string): string {
    let [id, suffix] = [preferred, 2];
    while (Object.hasOwn(this.#modules, id)) id = `${preferred}_${suffix++}`;
    return id;
  }
}

const f16 = ['shader-f16'] as const;
const subgroups = ['subgroups'] as const;
const dot = ['packed_4x8_integer_dot_product'] as const;
const both = ['shader-f16', 'subgroups'] as const;
