import { CompileError, printGraph, verify } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import fc from 'fast-check';
import { Builder } from 'flatbuffers';
import { describe, expect, test } from 'vitest';
import { CheckedByteBuffer } from './checked-byte-buffer.ts';
import { encodeTflite, type ModelSpec, type TensorSpec } from './encode-model.ts';
import { Conv2DOptions } from './generated/conv2-doptions.ts';
import { Model } from './generated/model.ts';
import { readTflite } from './read-tflite.ts';
import { operatorCases } from './testing/operator-cases.ts';

const models = operatorCases.map(({ spec }) => encodeTflite(spec));

/** The error of reading, or null when a well-formed graph came out. Anything but a CompileError is a crash. */
function problem(bytes: Uint8Array): CompileError | null {
  try {
    verify(readTflite(bytes, { file: 'bad.tflite' }), registry);
    return null;
  } catch (error) {
    if (error instanceof CompileError) return error;
    throw error;
  }
}

describe('bytes that nobody vouches for', () => {
  test('a mutated model reads, or is refused with its file', () => {
    const mutation = fc.record({
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      byte: fc.nat(255),
    });
    const property = fc.property(
      fc.nat(models.length - 1),
      fc.array(mutation, { minLength: 1, maxLength: 8 }),
      (which, mutations) => {
        const bytes = (models[which] as Uint8Array).slice();
        for (const { at, byte } of mutations) bytes[Math.floor(at * bytes.length)] = byte;
        const error = problem(bytes);
        return error === null || error.message.includes('bad.tflite');
      },
    );
    fc.assert(property, { numRuns: 4000, seed: 1 });
  });

  test('every truncation is refused', () => {
    const whole = models[0] as Uint8Array;
    // The last bytes belong to tables that Builder writes first; some of them are not read.
    const lengths = Array.from({ length: whole.length - 64 }, (_, i) => i);
    expect(lengths.filter((length) => problem(whole.slice(0, length)) === null)).toEqual([]);
  });

  test('one vector that thousands of tables share does not make the reader loop', () => {
    const b = new Builder(1024);
    const shared = b.createString('x'.repeat(60_000));
    Model.startModel(b);
    Model.addVersion(b, 3);
    Model.addDescription(b, shared);
    b.finish(Model.endModel(b), 'TFL3');
    const buffer = new CheckedByteBuffer(b.asUint8Array().slice());
    const model = Model.getRootAsModel(buffer);
    expect(() => {
      for (let i = 0; i < 100; i++) model.description();
    }).toThrow(/more often/);
  });
});

const image: TensorSpec = { name: 'image', shape: [1, 4, 4, 2], type: 'FLOAT32' };
const features: TensorSpec = { name: 'features', shape: [1, 4, 4, 2], type: 'FLOAT32' };
const relu: ModelSpec = {
  tensors: [image, features],
  operators: [{ code: 'RELU', inputs: [0], outputs: [1] }],
  inputs: [0],
  outputs: [1],
};

function message(change: Partial<ModelSpec>): string | undefined {
  return problem(encodeTflite({ ...relu, ...change }))?.message;
}

describe('refusals name file, operator and tensor', () => {
  test('an operator that is not supported', () => {
    expect(message({ operators: [{ code: 'UNIQUE', inputs: [0], outputs: [1] }] })).toBe(
      "error[tflite/unknown-op]: operator UNIQUE (operator 0 of the model) is not supported; ghostc edit MODEL --cut 'image' ends the model before it\n  at bad.tflite > operator 0 features (UNIQUE)",
    );
  });

  test('what comes after the chosen ends is not read', () => {
    const tensors = [...relu.tensors, { name: 'last', shape: [1, 4], type: 'FLOAT32' } as const];
    const operators = [...relu.operators, { code: 'UNIQUE', inputs: [1], outputs: [2] } as const];
    const bytes = encodeTflite({ ...relu, tensors, operators, outputs: [2] });
    expect(() => readTflite(bytes)).toThrow("ghostc edit MODEL --cut 'features' ends the model before it");
    const graph = readTflite(bytes, { outputs: ['features'] });
    expect(graph.outputs.map(({ name }) => name)).toEqual(['features']);
    expect(() => readTflite(bytes, { outputs: ['feature'] })).toThrow('there is no tensor "feature"');
  });

  test('a custom operator', () => {
    const operators = [
      { code: 'CUSTOM', custom: 'MaxPoolingWithArgmax2D', inputs: [0], outputs: [1] },
    ] as const;
    expect(message({ operators })).toMatch(
      /custom operator "MaxPoolingWithArgmax2D" \(operator 0 of the model\)/,
    );
  });

  test.each([
    ['no options', []],
    ['damaged options', [255, 255, 9, 36, 4]],
  ])('a detection with %s', (_, bytes) => {
    const places = { inputs: [0, 0, 0], outputs: [1] };
    const custom = 'TFLite_Detection_PostProcess';
    const customOptions = Uint8Array.from(bytes);
    const operators = [{ code: 'CUSTOM', custom, customOptions, ...places }] as const;
    expect(message({ operators })).toMatch(/expected the number max_detections, found none/);
  });

  test.each([
    [
      'a tensor read before it is computed',
      { operators: [{ code: 'RELU', inputs: [1], outputs: [1] }] },
      /before it is computed/,
    ],
    [
      'a tensor written twice',
      { operators: [...relu.operators, ...relu.operators] },
      /"features" is written twice/,
    ],
    [
      'a tensor that does not exist',
      { operators: [{ code: 'RELU', inputs: [7], outputs: [1] }] },
      /no tensor 7/,
    ],
    [
      'a declared shape that the operator does not give',
      { tensors: [image, { ...features, shape: [1, 4, 4, 3] }] },
      /declared as f32\[1,4,4,3\], RELU gives f32\[1,4,4,2\]/,
    ],
    [
      'a dynamic shape',
      { tensors: [{ ...image, shape: [1, -1, 4, 2] }, features] },
      /at image \(tensor\)|sizes of 0 or more/,
    ],
    ['an element type', { tensors: [{ ...image, type: 'STRING' }, features] }, /STRING is not supported/],
    [
      'a constant of another size',
      { tensors: [{ ...image, data: new Uint8Array(12) }, features], inputs: [] },
      /its buffer has 12 bytes/,
    ],
    ['no outputs', { outputs: [] }, /expected a graph with outputs/],
    [
      'options that are absent',
      { operators: [{ code: 'CONV_2D', inputs: [0, 0], outputs: [1] }] },
      /expects Conv2DOptions, found NONE/,
    ],
    [
      'axes that are computed',
      { operators: [{ code: 'TRANSPOSE', inputs: [0, 0], outputs: [1] }] },
      /perm of TRANSPOSE \(image\) is computed at run time/,
    ],
  ] as [string, Partial<ModelSpec>, RegExp][])('%s', (_, change, expected) => {
    expect(message(change)).toMatch(expected);
  });

  test('a stride of zero', () => {
    const options = {
      kind: 'Conv2DOptions',
      write: (b: Builder) => Conv2DOptions.createConv2DOptions(b, 0, 0, 1, 0, 1, 1),
    } as const;
    const filter: TensorSpec = {
      name: 'filter',
      shape: [2, 3, 3, 2],
      type: 'FLOAT32',
      data: new Uint8Array(144),
    };
    const tensors = [image, features, filter];
    expect(
      message({ tensors, operators: [{ code: 'CONV_2D', inputs: [0, 2], outputs: [1], options }] }),
    ).toMatch(/positive strides.* found \[1,0\]/);
  });

  test('another format', () => {
    expect(problem(new TextEncoder().encode('not a model at all'))?.message).toMatch(/TFL3 at byte 4/);
  });
});

test('inputs and outputs keep names and shapes; a tensor returned twice gets a second name', () => {
  const graph = readTflite(encodeTflite({ ...relu, outputs: [1, 1] }));
  expect(printGraph(graph)).toMatchInlineSnapshot(`
    {
      "resources": Map {},
      "text": "graph @main(%image: f32[1,4,4,2])
      %features = relu %image : f32[1,4,4,2] from "features"
      return %features, %features as "features_1"
    ",
    }
  `);
});
