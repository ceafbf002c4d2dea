import { type CLayer, type CProgram, type LayerPlace, protocol } from '@ghostc/backend-c';
import { compileC, lowerForC } from '@ghostc/compiler';
import type { Tensors } from '@ghostc/conformance';
import { CompileError, fromBytes, type Graph, staticShape, type Tensor, type Value } from '@ghostc/ir';
import type { Profile } from '../c/profile-c.ts';
import { packTensors, slotBytes, unpackTensors } from '../process/tensor-bytes.ts';
import { type BoardDescription, parseDescription } from './board-description.ts';
import { BoardLink, type PortOptions } from './board-link.ts';

const { chunk, ops, regions, version } = protocol;

/** No call of the observer has this number: the run does not pause. */
const NEVER = 0xffffffff;

/** A board that runs a model's firmware, reached over a serial port. */
export interface Board {
  readonly description: BoardDescription;
  /** What it runs. */
  readonly program: CProgram;
  /** The graph of the program, whose values layers name. */
  readonly lowered: Graph;
  run(inputs: Tensors): Promise<Tensors>;
  /** One run that pauses after each layer: the first output of each that is whole then, by its name, and the outputs. */
  runLayers(
    inputs: Tensors,
    onLayer?: (layer: CLayer) => void,
  ): Promise<{ outputs: Tensors; layers: Tensors }>;
  /** Ticks of the board's clock, by layer, in one run. Throws `board/clock` where it has none. */
  profile(inputs: Tensors): Promise<Profile>;
  close(): void;
}

/**
 * Opens the port, and asks for what runs there. A model of another hash, or compiled with other options, is `board/model`; other
 * errors are those of `BoardLink`, `board/version` and `board/run` with the status of the run.
 */
export async function openBoard(model: Graph, port: PortOptions): Promise<Board> {
  const link = new BoardLink(port);
  await link.open();
  try {
    const client = new BoardClient(link, port.path);
    const description = parseDescription(await client.hello(), port.path);
    const program = compileC(model, description.options);
    if (program.sourceHash !== description.sha256)
      throw new CompileError(
        'board/model',
        `the board runs ${description.options.name}, made of another model, by other options or another ghostc; expected what ghostc board made of this model`,
        { file: port.path },
      );
    const lowered = lowerForC(model, description.options);
    return boardOf(client, { description, program, lowered });
  } catch (error) {
    link.close();
    throw error;
  }
}

type Parts = Pick<Board, 'description' | 'program' | 'lowered'>;

function boardOf(client: BoardClient, parts: Parts): Board {
  const { description, program, lowered } = parts;
  const runWith = async <T>(inputs: Tensors, run: () => Promise<T>): Promise<T> =>
    client.onceMore(async () => {
      await client.writeInputs(program, inputs);
      return run();
    });
  return {
    ...parts,
    run: (inputs) => runWith(inputs, () => client.run(program)),
    runLayers: (inputs, onLayer) => runWith(inputs, () => client.runLayers(program, lowered, onLayer)),
    profile: async (inputs) => {
      const ticks = await runWith(inputs, () => client.ticks(program));
      if (ticks.every((count) => count === 0))
        throw new CompileError(
          'board/clock',
          `${description.board} counted no tick: expected board_ticks in the firmware, see its board.h`,
        );
      const layers = program.layers.map((layer, i) => ({ ...layer, cost: ticks[i + 1] ?? 0 }));
      const total = ticks.reduce((sum, count) => sum + count, 0);
      return { unit: 'ticks', total, layers, stackBytes: undefined };
    },
    close: () => client.close(),
  };
}

interface RunState {
  readonly finished: boolean;
  /** Index of the layer that comes next. */
  readonly layer: number;
}

/** What a board is asked for. */
class BoardClient {
  readonly #link: BoardLink;
  readonly #file: string;
  #run = 0;

  constructor(link: BoardLink, file: string) {
    this.#link = link;
    this.#file = file;
  }

  close(): void {
    this.#link.close();
  }

  /** Opens the session; gives the description of the program. */
  async hello(): Promise<string> {
    const answer = await this.#link.request(ops.hello, new Uint8Array());
    if (answer[0] !== version || answer.readUInt16LE(1) !== chunk)
      throw new CompileError(
        'board/version',
        `the firmware speaks version ${answer[0]} of the protocol; expected ${version}: make it anew with ghostc board`,
        { file: this.#file },
      );
    const about = await this.read(regions.about, 0, { offset: 0, bytes: answer.readUInt32LE(3) });
    return about.toString('utf8');
  }

  /** Does it again, from the start, where the board was reset meanwhile: once. */
  async onceMore<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CompileError) || error.code !== 'board/reset') throw error;
      await this.hello();
      return await work();
    }
  }

  async read(
    region: number,
    index: number,
    { offset, bytes }: { offset: number; bytes: number },
  ): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let at = 0; at < bytes; at += chunk) {
      const count = Math.min(chunk, bytes - at);
      const args = Buffer.alloc(8);
      args.set([region, index]);
      args.writeUInt32LE(offset + at, 2);
      args.writeUInt16LE(count, 6);
      parts.push(await this.#link.request(ops.read, args));
    }
    return Buffer.concat(parts);
  }

  async writeInputs({ inputs }: CProgram, tensors: Tensors): Promise<void> {
    for (const [index, slot] of inputs.entries()) {
      const bytes = packTensors([slot], tensors);
      for (let at = 0; at < bytes.length; at += chunk) {
        const head = Buffer.alloc(6);
        head.set([regions.input, index]);
        head.writeUInt32LE(at, 2);
        await this.#link.request(ops.write, Buffer.concat([head, bytes.subarray(at, at + chunk)]));
      }
    }
  }

  async run(program: CProgram): Promise<Tensors> {
    await this.#whole(program);
    return this.#outputs(program);
  }

  async ticks(program: CProgram): Promise<number[]> {
    await this.#whole(program);
    const bytes = await this.read(regions.ticks, 0, { offset: 0, bytes: 8 * (program.layers.length + 1) });
    return Array.from({ length: program.layers.length + 1 }, (_, i) => Number(bytes.readBigUInt64LE(8 * i)));
  }

  async #whole(program: CProgram): Promise<void> {
    this.#run++;
    await this.#advance(program, NEVER);
  }

  async runLayers(program: CProgram, lowered: Graph, onLayer?: (layer: CLayer) => void) {
    this.#run++;
    const values = new Map<string, Value>([...lowered.nodes()].map(({ output }) => [output.name, output]));
    const layers = new Map<string, Tensor>();
    let state = await this.#advance(program, 0);
    for (let calls = 1; !state.finished; calls++) {
      const layer = program.layers[state.layer];
      state = await this.#advance(program, calls);
      const value = layer && values.get(layer.output);
      if (!value || !layer.place) continue;
      layers.set(value.name, await this.#value(value, layer.place));
      onLayer?.(layer);
    }
    return { outputs: await this.#outputs(program), layers };
  }

  async #value({ name, type }: Value, place: LayerPlace): Promise<Tensor> {
    const shape = staticShape(type.shape);
    const bytes = slotBytes({ name, dtype: type.dtype, shape });
    return {
      dtype: type.dtype,
      shape,
      data: fromBytes(
        type.dtype,
        await this.read(regions[place.region], place.index, { offset: place.offset, bytes }),
      ),
    };
  }

  /** Runs to the observer's call of this number, or to the end. Throws `board/run` for a run that failed. */
  async #advance({ name, layers }: CProgram, calls: number): Promise<RunState> {
    const args = Buffer.alloc(8);
    args.writeUInt32LE(this.#run, 0);
    args.writeUInt32LE(calls, 4);
    const answer = await this.#link.request(ops.run, args);
    const [status, layer] = [answer.readInt32LE(1), answer.readInt32LE(9)];
    if (status === 0) return { finished: answer[0] === 1, layer };
    const one = layers[layer];
    const place = one
      ? `before layer ${layer + 1} of ${layers.length}, ${one.op} ${one.name}`
      : 'before the first layer';
    throw new CompileError(
      'board/run',
      `${name} ended with status ${status}${meaningOf(status)}, ${place}; expected status 0`,
      { file: this.#file },
    );
  }

  async #outputs({ outputs }: CProgram): Promise<Tensors> {
    const all = new Map<string, Tensor>();
    for (const [index, slot] of outputs.entries()) {
      const bytes = await this.read(regions.output, index, { offset: 0, bytes: slotBytes(slot) });
      for (const [name, tensor] of unpackTensors([slot], bytes)) all.set(name, tensor);
    }
    return all;
  }
}

/** Of the statuses of a program. */
const meanings: Readonly<Record<number, string>> = {
  3: 'CMSIS-NN refused a layer',
  4: 'the weights have another size or CRC-32',
  5: 'the observer ended the run',
  6: 'a range of weights could not be fetched',
};

function meaningOf(status: number): string {
  return meanings[status] ? ` (${meanings[status]})` : '';
}
