import { entryOf, Node, type RowRule, type RowWindow, type TensorType, Value } from '@ghostc/ir';
import type { Step } from './memory-plan.ts';
import type { RowMove, Stream } from './stream.ts';
import { streamRates } from './stream-rates.ts';

export interface StreamRequest {
  /** In order of execution. */
  readonly nodes: readonly Node[];
  /** Rows of the slowest value in a band. */
  readonly rows: number;
  readonly rules: ReadonlyMap<Node, RowRule>;
  /** Values of `nodes` that are needed outside. */
  readonly results: readonly Value[];
}

/** The loop over bands that computes `nodes`; null if their rows do not go together. */
export function buildStream(request: StreamRequest): Stream | null {
  const rates = streamRates(request.nodes, request.rules, request.rows);
  return rates && new StreamBuilder(request, rates).build();
}

/** What one input of a node reads: `size` rows of `value`; the last is `back - size` rows before the newest. */
interface Reading {
  readonly value: Value;
  readonly size: number;
  readonly back: number;
  readonly pad: number;
}

class StreamBuilder {
  readonly #request: StreamRequest;
  readonly #rates: ReadonlyMap<Value, number>;
  readonly #lags = new Map<Value, number>();
  readonly #inner: ReadonlySet<Value>;
  readonly #steps: (Node | RowMove)[] = [];
  readonly #active = new Map<Step, readonly [number, number]>();
  readonly #pads = new Map<Value, number>();
  /** Newest rows of a value, as its producer wrote them. */
  readonly #bands = new Map<Value, Value>();
  readonly #slabs = new Map<Value, Value>();
  /** Loaded and sliced rows, by value and range, so that readers of the same rows share them. */
  readonly #ranges = new Map<string, Value>();

  constructor(request: StreamRequest, rates: ReadonlyMap<Value, number>) {
    this.#request = request;
    this.#rates = rates;
    this.#inner = new Set(request.nodes.map(({ output }) => output));
    for (const node of request.nodes) this.#lags.set(node.output, this.#lagOf(node));
  }

  build(): Stream {
    const { nodes, results } = this.#request;
    const slabRows = this.#slabRows();
    for (const node of nodes) {
      this.#emit(node);
      const rows = slabRows.get(node.output);
      if (rows) this.#push(node.output, rows);
      if (results.includes(node.output)) this.#store(node.output);
    }
    const bands = Math.max(...results.map((value) => this.#span(value)[1]));
    const slabs = [...this.#slabs.values()];
    return { steps: this.#steps, slabs, active: this.#active, bands, pads: this.#pads };
  }

  #rate(value: Value): number {
    return this.#rates.get(value) ?? 0;
  }

  #lag(value: Value): number {
    return this.#lags.get(value) ?? 0;
  }

  /** Bands in which some row of the value is inside the image. */
  #span(value: Value): readonly [number, number] {
    const [rate, lag] = [this.#rate(value), this.#lag(value)];
    return [Math.floor(lag / rate), Math.ceil((heightOf(value) + lag) / rate)];
  }

  /**
   * The smallest lag for which every window that ends a band is available: s lag >= lag_in + size - s -
   * before.
   */
  #lagOf(node: Node): number {
    const lags = windowsOf(node, this.#request.rules).map(({ value, window: { size, stride, before } }) =>
      this.#inner.has(value) ? Math.ceil((this.#lag(value) + size - stride - before) / stride) : 0,
    );
    return Math.max(0, ...lags);
  }

  /** Window of a whole band: it begins `back` rows before the end of the value's newest rows. */
  #reading(node: Node, value: Value, { size, stride, before, pad }: RowWindow): Reading {
    const [rate, lag] = [this.#rate(node.output), this.#lag(node.output)];
    return {
      value,
      size: stride * (rate - 1) + size,
      back: this.#rate(value) - this.#lag(value) + stride * lag + before,
      pad,
    };
  }

  /** Rows of the slab of each value that somebody reads beyond its newest band. */
  #slabRows(): Map<Value, number> {
    const rows = new Map<Value, number>();
    for (const node of this.#request.nodes) {
      for (const { value, window } of windowsOf(node, this.#request.rules)) {
        const reading = this.#reading(node, value, window);
        if (!this.#inner.has(value) || this.#isNewest(reading)) continue;
        rows.set(value, Math.max(rows.get(value) ?? 0, reading.back));
        if (window.size > 1 || window.before > 0) this.#pads.set(value, reading.pad);
      }
    }
    return rows;
  }

  #isNewest({ value, size, back }: Reading): boolean {
    const rate = this.#rate(value);
    return back === rate && size === rate;
  }

  #emit(node: Node): void {
    const rule = entryOf(this.#request.rules, node);
    const inputs = node.inputs.map((value, i) => {
      const window = rule.windows[i];
      return value && window ? this.#rows(this.#reading(node, value, window)) : value;
    });
    const output = new Value(node.output.name, withRows(node.output.type, this.#rate(node.output)));
    const { op, origin } = node;
    const band = new Node({ op, inputs, outputs: [output], attrs: rule.attrs, origin, partOrigins: [] });
    this.#steps.push(band);
    this.#active.set(band, this.#span(node.output));
    this.#bands.set(node.output, output);
  }

  /** The rows that a node reads: the newest band, the slab, a slice of it, or rows of a value outside. */
  #rows(reading: Reading): Value {
    const { value, size, back } = reading;
    const band = this.#bands.get(value);
    if (band && this.#isNewest(reading)) return band;
    const key = `${value.name} ${size} ${back} ${reading.pad}`;
    const known = this.#ranges.get(key);
    if (known) return known;
    const slab = this.#slabs.get(value);
    const rows = slab ? this.#slice(slab, reading) : this.#load(reading);
    this.#ranges.set(key, rows);
    return rows;
  }

  #slice(slab: Value, { value, size, back }: Reading): Value {
    const start = heightOf(slab) - back;
    if (start === 0 && size === heightOf(slab)) return slab;
    const rows = new Value(`${value.name}_rows`, withRows(slab.type, size));
    const place = { rows: size, rate: 0, lag: -start, height: heightOf(slab), pad: 0 };
    this.#steps.push({ kind: 'load', band: rows, image: slab, inputs: [slab], outputs: [rows], ...place });
    return rows;
  }

  #load({ value, size, back, pad }: Reading): Value {
    const rate = this.#rate(value);
    const rows = new Value(`${value.name}_rows`, withRows(value.type, size));
    const place = { rows: size, rate, lag: back - rate, height: heightOf(value), pad };
    this.#steps.push({ kind: 'load', band: rows, image: value, inputs: [], outputs: [rows], ...place });
    return rows;
  }

  #push(value: Value, rows: number): void {
    const band = entryOf(this.#bands, value);
    const slab = new Value(`${value.name}_slab`, withRows(value.type, rows));
    const pad = this.#pads.get(value) ?? 0;
    this.#pads.delete(value);
    this.#pads.set(slab, pad);
    this.#slabs.set(value, slab);
    this.#steps.push({
      ...{ kind: 'push', band, image: slab, inputs: [band], outputs: [], pad },
      ...this.#progress(value),
    });
  }

  #store(value: Value): void {
    const band = entryOf(this.#bands, value);
    const ends = { band, inputs: [band], outputs: [] };
    const store: RowMove = { kind: 'store', image: value, ...ends, ...this.#progress(value), pad: 0 };
    this.#steps.push(store);
    this.#active.set(store, this.#span(value));
  }

  #progress(value: Value): Pick<RowMove, 'rows' | 'rate' | 'lag' | 'height'> {
    const rate = this.#rate(value);
    return { rows: rate, rate, lag: this.#lag(value), height: heightOf(value) };
  }
}

function windowsOf(node: Node, rules: ReadonlyMap<Node, RowRule>): { value: Value; window: RowWindow }[] {
  return node.inputs.flatMap((value, i) => {
    const window = rules.get(node)?.windows[i];
    return value && window ? [{ value, window }] : [];
  });
}

function heightOf({ type: { shape } }: Value): number {
  return Number(shape[2]);
}

function withRows(type: TensorType, rows: number): TensorType {
  return { ...type, shape: type.shape.map((dim, axis) => (axis === 2 ? rows : dim)) };
}
