import { readFileSync } from 'node:fs';
import type { IoForm } from '@ghostc/compiler';
import { buildFromSpec } from '@ghostc/ghostnet';
import { canonicalJson } from '@ghostc/ir';
import { type Store, sha256, storeBytes } from '@ghostc/jobs';
import { type Genome, type Setting, settingsOf } from '@ghostc/sweep';
import type { BoardDevice } from '../fit/board-facts.ts';
import { findBoard } from '../fit/board-table.ts';
import { storeModel } from '../jobs/stored-model.ts';
import { loadModel } from '../load-model.ts';
import type { ModelParams, Place, PlannedBoard } from './point-params.ts';
import { SweepData } from './sweep-data.ts';
import type { SweepSpec } from './sweep-spec.ts';

/** A point of a sweep. */
export interface SweepPoint {
  /** The first digits of the hash of its parameters. */
  readonly id: string;
  readonly settings: Readonly<Record<string, Setting>>;
  readonly model: ModelParams;
  readonly place: Place;
}

const ID_DIGITS = 12;

type NamedModel = Pick<ModelParams, 'model' | 'weights' | 'data'>;

/** Makes the jobs of a sweep. */
export class SweepPoints {
  readonly #spec: SweepSpec;
  readonly #store: Store;
  readonly #models = new Map<Setting, Promise<NamedModel>>();
  readonly #data: SweepData | undefined;
  readonly #dataFor = new Map<Setting, Promise<string>>();

  constructor(spec: SweepSpec, store: Store) {
    this.#spec = spec;
    this.#store = store;
    this.#data = spec.data && new SweepData(spec.data, store);
  }

  async pointAt(genome: Genome): Promise<SweepPoint> {
    const settings = settingsOf(this.#spec.space, genome);
    const [model, place] = [await this.#modelParams(settings), this.#place(settings)];
    const id = sha256(canonicalJson({ ...model, ...place })).slice(0, ID_DIGITS);
    return { id, settings, model, place };
  }

  #place({ io, board, bands }: Readonly<Record<string, Setting>>): Place {
    const { measure, boards } = this.#spec;
    return {
      ...{ io: io as IoForm, measure, board: boardOf(String(board), boards) },
      bands: bands === 'none' ? null : Number(bands),
    };
  }

  async #modelParams(settings: Readonly<Record<string, Setting>>): Promise<ModelParams> {
    const { objectives, constraints, seed } = this.#spec;
    const model = await this.#model(settings);
    const asks = (figure: string): boolean =>
      objectives.some((one) => one === figure) || constraints.some((one) => one.figure === figure);
    return {
      ...model,
      seed: model.weights === null ? seedOf(model.model, seed) : 0,
      bits: settings.bits as ModelParams['bits'],
      sqnr: asks('sqnr'),
    };
  }

  async #model(settings: Readonly<Record<string, Setting>>): Promise<NamedModel> {
    if (settings.model === undefined) return this.#specModel(settings);
    const known = this.#models.get(settings.model) ?? this.#fileModel(String(settings.model));
    this.#models.set(settings.model, known);
    return known;
  }

  /** Inputs depend only on the resolution. */
  async #specModel(settings: Readonly<Record<string, Setting>>): Promise<NamedModel> {
    const model = specText(settings);
    const { resolution = '' } = settings;
    const data = this.#dataFor.get(resolution) ?? this.#data?.hashFor(buildFromSpec(model, { seed: 1 }));
    if (data) this.#dataFor.set(resolution, data);
    return { model, weights: null, ...(data && { data: await data }) };
  }

  /** `FILE`, or `SPEC + STATE DICT`. */
  async #fileModel(text: string): Promise<NamedModel> {
    const [model = '', weights] = text.split(' + ').map((part) => part.trim());
    const { graph, bytes } = loadModel(model, { weights });
    const data = this.#data && { data: await this.#data.hashFor(graph) };
    if (Number.isFinite(bytes)) return { ...(await storeModel(graph, this.#store)), ...data };
    return {
      model,
      ...data,
      weights: weights === undefined ? null : await storeBytes(readFileSync(weights), this.#store),
    };
  }
}

/** Weights that nobody gave follow from the model and the seed of the sweep. */
function seedOf(model: string, seed: number): number {
  return Number.parseInt(sha256(`${seed} ${model}`).slice(0, 8), 16);
}

const plain = { ratio: 2, dw: 3, depth: 1, se: 0.25 };

/** The spec that `ghostc compile` takes for the same model. */
export function specText(settings: Readonly<Record<string, Setting>>): string {
  const { family, width, resolution, classes } = settings;
  const others = Object.entries(plain).filter(([name, value]) => settings[name] !== value);
  const rest = others.map(([name]) => `,${name}=${settings[name]}`).join('');
  return `${family}:${width}@${resolution}/${classes}${rest}`;
}

/** User-defined boards are sent with what planning needs; a device without limits counts as a board. */
function boardOf(name: string, file: string | undefined): string | PlannedBoard {
  if (isBoardDevice(name)) return unlimited(name);
  const board = findBoard(name, file);
  if (file === undefined) return board.name;
  const { compiler: _, ...planned } = board;
  return planned;
}

const boardsOfDevices: Readonly<Record<BoardDevice, string>> = {
  'cortex-m0plus': 'rp2040',
  'cortex-m3': 'stm32f103',
  'cortex-m4': 'nrf52840',
  'cortex-m7': 'stm32f746',
  'cortex-m33': 'rp2350',
  'cortex-m55': 'corstone-300',
  'cortex-m85': 'ra8m1',
  rv32: 'esp32-c3',
  rv32imc: 'esp32-c3',
  rv32imac_zba_zbb: 'rp2350-riscv',
};
const NO_LIMIT = 2 ** 40;

function isBoardDevice(name: string): name is BoardDevice {
  return Object.hasOwn(boardsOfDevices, name);
}

function unlimited(device: BoardDevice): PlannedBoard {
  const { compiler: _, ...board } = findBoard(boardsOfDevices[device]);
  return { ...board, name: device, ram: [{ name: 'RAM', bytes: NO_LIMIT }], flashBytes: NO_LIMIT };
}
