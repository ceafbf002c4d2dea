import {
  CompileError,
  formatType,
  fromNumbers,
  type Graph,
  itemAt,
  type Tensor,
  toNumbers,
} from '@ghostc/ir';
import { type Store, storeBytes, storedBytes } from '@ghostc/jobs';
import { splitSamples } from '@ghostc/quant';
import { readSafetensors, writeSafetensors } from '@ghostc/safetensors';
import { type CalibrationFlags, parseCalibrationSpec } from '../calibration/calibration-spec.ts';
import { type LabelledData, openLabelled } from '../evaluate/labelled-data.ts';
import { spread } from '../evaluate/spread.ts';

/** Labelled data as in `ghostc evaluate`, with the names of its options. */
export interface DataSpec extends Omit<CalibrationFlags, 'limit'> {
  readonly path: string;
  readonly labels?: string;
  readonly classes?: string;
  readonly labelOffset?: number;
  readonly limit?: number;
}

/** An item prepared for the model, and its class. */
export interface LabelledItem {
  readonly tensor: Tensor;
  readonly label: number;
}

/** Items of a sweep where its spec has no limit. */
const ITEMS = 256;

/** The labelled data of a sweep: the same items for each model, prepared for its input. */
export class SweepData {
  readonly #data: LabelledData;
  readonly #items: readonly number[];
  readonly #store: Store;
  readonly #stored = new Map<string, Promise<string>>();

  /** Throws what `openLabelled` and `parseCalibrationSpec` throw. */
  constructor({ limit = ITEMS, labelOffset = 0, ...flags }: DataSpec, store: Store) {
    this.#data = openLabelled({ ...flags, spec: parseCalibrationSpec(flags), offset: labelOffset });
    this.#items = spread(this.#data.labels.length, limit);
    this.#store = store;
  }

  /** Puts the items for a model into the store; gives their hash. Throws `sweep/data`. */
  hashFor(model: Graph): Promise<string> {
    const { type } = classifierInput(model);
    const form = formatType(type);
    const known = this.#stored.get(form) ?? this.#put(model);
    this.#stored.set(form, known);
    return known;
  }

  #put(model: Graph): Promise<string> {
    const itemOf = this.#data.itemsFor(classifierInput(model));
    const items = this.#items.map(itemOf);
    const labels = this.#items.map((item) => itemAt(this.#data.labels, item));
    const [count, { dtype, shape }] = [items.length, itemAt(items, 0)];
    const values = items.flatMap((item) => Array.from(toNumbers(item)));
    const tensors = new Map([
      ['items', fromNumbers(dtype, [count, ...shape.slice(1)], values)],
      ['labels', fromNumbers('i32', [count], labels)],
    ]);
    return storeBytes(writeSafetensors(tensors), this.#store);
  }
}

/** Throws `jobs/store` where the store does not have them. */
export async function storedItems(hash: string, model: Graph, store: Store): Promise<LabelledItem[]> {
  const input = classifierInput(model);
  const tensors = new Map(readSafetensors(await storedBytes(hash, store), { file: hash }));
  const [items, labels] = [tensors.get('items'), tensors.get('labels')];
  if (!items || !labels) throw new CompileError('sweep/data', `expected items and labels in ${hash}`);
  const numbers = Array.from(toNumbers(labels));
  return splitSamples(items, { name: input.name, shape: input.type.shape }).map((tensor, i) => ({
    tensor: { ...tensor, ...(input.type.quant && { quant: input.type.quant }) },
    label: itemAt(numbers, i),
  }));
}

/** Throws `sweep/data` for a model that is no classifier of one input. */
function classifierInput({ inputs, outputs }: Graph): Graph['inputs'][number] {
  const [input] = inputs;
  if (input && inputs.length === 1 && outputs.length === 1) return input;
  throw new CompileError(
    'sweep/data',
    `labelled data expect models with one input and one output, found ${inputs.length} and ${outputs.length}`,
  );
}
