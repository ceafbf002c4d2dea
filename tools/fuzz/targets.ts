import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileFiles } from '@ghostc/compiler';
import { CompileError, type Graph, parseGraph, printGraph, verify } from '@ghostc/ir';
import {
  decodeModel,
  decodeTensor,
  encodeModel,
  encodeTensor,
  readOnnx,
  readTensorProto,
} from '@ghostc/onnx';
import { registry } from '@ghostc/ops';
import { readSafetensors, writeSafetensors } from '@ghostc/safetensors';
import { encodeTflite, readTflite } from '@ghostc/tflite';
import { operatorCases } from '@ghostc/tflite/testing';
import { calibrationTargets } from './calibration-targets.ts';
import { expected, type FuzzTarget } from './fuzz-target.ts';
import { mutateMessage } from './mutate-message.ts';
import { mutateText } from './mutate-text.ts';
import type { Random } from './random.ts';

const smallModels = (fixtures: string): Uint8Array[] =>
  readdirSync(join(fixtures, 'models/modules'))
    .map((name) => readFileSync(join(fixtures, 'models/modules', name, 'model.onnx')))
    .filter((bytes) => bytes.length < 6000);

function readModel(bytes: Uint8Array): Graph {
  const external = (): never => {
    throw new CompileError('onnx/external-data', 'no external data here');
  };
  const graph = readOnnx(bytes, { file: 'fuzz.onnx', external });
  verify(graph, registry);
  return graph;
}

/** One model for each operator. */
const tfliteModels = (): Uint8Array[] => operatorCases.map(({ spec }) => encodeTflite(spec));

function readTfliteModel(bytes: Uint8Array): Graph {
  const graph = readTflite(bytes, { file: 'fuzz.tflite' });
  verify(graph, registry);
  return graph;
}

/** Decodes, changes fields, encodes: the result has the format, and is often nearly a model. */
function reencoded<T extends object>(decode: (bytes: Uint8Array) => T, encode: (message: T) => Uint8Array) {
  return (bytes: Uint8Array, random: Random): Uint8Array => {
    try {
      const message = decode(bytes);
      mutateMessage(message, random);
      return encode(message);
    } catch {
      return bytes;
    }
  };
}

const mutateOnnx = reencoded(decodeModel, encodeModel);
const mutateTensor = reencoded(decodeTensor, encodeTensor);

/** Another model, of fields that were changed before it was built. */
function mutateTflite(bytes: Uint8Array, random: Random): Uint8Array {
  const { spec } = random.pick(operatorCases);
  const operators = spec.operators.map((operator) => ({ ...operator }));
  const changed = { ...spec, tensors: spec.tensors.map((tensor) => ({ ...tensor })), operators };
  try {
    mutateMessage(changed, random);
    return encodeModel(changed);
  } catch {
    return bytes;
  }
}

/** The header as JSON, with its length put right. */
function mutateSafetensors(bytes: Uint8Array, random: Random): Uint8Array {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const end = 8 + Number(view.getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, end))) as object;
    mutateMessage(header, random);
    const text = encode(JSON.stringify(header));
    const length = new Uint8Array(new BigUint64Array([BigInt(text.length)]).buffer);
    return Uint8Array.from([...length, ...text, ...bytes.subarray(end)]);
  } catch {
    return bytes;
  }
}

export const targets: Readonly<Record<string, FuzzTarget>> = {
  onnx: { seeds: smallModels, run: (bytes) => expected(() => readModel(bytes)) },
  'onnx-fields': { seeds: smallModels, run: (bytes) => expected(() => readModel(bytes)), mutate: mutateOnnx },
  'onnx-compile': {
    seeds: smallModels,
    run: (bytes) =>
      expected(() => {
        const graph = readModel(bytes);
        for (const target of ['onnx', 'c', 'wgsl'] as const) expected(() => compileFiles(graph, target));
      }),
    mutate: mutateOnnx,
  },
  tflite: { seeds: tfliteModels, run: (bytes) => expected(() => readTfliteModel(bytes)) },
  'tflite-fields': {
    seeds: tfliteModels,
    run: (bytes) => expected(() => readTfliteModel(bytes)),
    mutate: mutateTflite,
  },
  'tflite-compile': {
    mutate: mutateTflite,
    seeds: tfliteModels,
    run: (bytes) =>
      expected(() => {
        const graph = readTfliteModel(bytes);
        for (const target of ['c', 'wgsl'] as const) expected(() => compileFiles(graph, target));
      }),
  },
  'tensor-proto': {
    seeds: (fixtures) => [
      readFileSync(join(fixtures, 'models/modules/ghost_module_inp16_oup1/test_data_set_0/output_0.pb')),
    ],
    run: (bytes) => expected(() => readTensorProto(bytes)),
    mutate: mutateTensor,
  },
  text: {
    seeds: (fixtures) => smallModels(fixtures).map((bytes) => encode(printGraph(readModel(bytes)).text)),
    run: (bytes) => expected(() => readText(new TextDecoder().decode(bytes))),
    mutate: mutateText,
  },
  safetensors: {
    seeds: () => [
      writeSafetensors(
        new Map([
          ['a.weight', { dtype: 'f32', shape: [2, 3], data: new Float32Array(6) }],
          ['b', { dtype: 'i8', shape: [], data: new Int8Array(1) }],
        ]),
      ),
    ],
    run: (bytes) => expected(() => readSafetensors(bytes, { file: 'fuzz.safetensors' })),
    mutate: mutateSafetensors,
  },
  ...calibrationTargets,
};

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** What parses must verify or be refused, and print and parse to the same text. */
function readText(text: string): void {
  const graph = parseGraph(text, { registry, resources: new Map() });
  expected(() => verify(graph, registry));
  const printed = printGraph(graph, registry);
  const again = printGraph(parseGraph(printed.text, { registry, resources: printed.resources }), registry);
  if (again.text !== printed.text) throw new Error(`prints otherwise after parsing:\n${printed.text}`);
}
