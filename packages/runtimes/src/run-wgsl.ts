import type { Executable, Tensors } from '@ghostc/conformance';
import { CompileError, fromNumbers, type Graph, type Tensor, toNumbers } from '@ghostc/ir';
import {
  createSession,
  type IoData,
  type IoTensor,
  type Outputs,
  type WgslProgram,
} from '@ghostc/wgsl-runtime';
import { dawnDevice, nullDevice } from './dawn-device.ts';

/** A WGSL program on Dawn, ready to run; `dispose` frees its device. Throws `tool/missing`, and Error when it does not compile. */
export async function prepareWgsl(program: WgslProgram): Promise<Executable> {
  const device = await dawnDevice();
  const session = await createSession(device, program).catch((error) => {
    device.destroy();
    throw error;
  });
  return {
    run: async (inputs) => {
      const data = inputData(program.manifest.inputs, inputs);
      return namedTensors(program.manifest.outputs, await session.run<IoData>(data));
    },
    dispose: () => {
      session.dispose();
      device.destroy();
    },
  };
}

/** Prepares, runs on every set of inputs, cleans up. */
export async function runWgsl(program: WgslProgram, inputs: readonly Tensors[]): Promise<Tensors[]> {
  const executable = await prepareWgsl(program);
  try {
    const results: Tensors[] = [];
    for (const one of inputs) results.push(await executable.run(one));
    return results;
  } finally {
    await executable.dispose?.();
  }
}

/** Tint's errors in a WGSL module, as `line:column: message`; none if it is valid. Needs no driver. */
export async function checkWgsl(code: string): Promise<string[]> {
  const device = await nullDevice();
  try {
    device.pushErrorScope('validation');
    const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
    await device.popErrorScope();
    return messages
      .filter(({ type }) => type === 'error')
      .map(({ lineNum, linePos, message }) => `${lineNum}:${linePos}: ${message}`);
  } finally {
    device.destroy();
  }
}

/** Data of the types that the program states. */
function inputData(expected: readonly IoTensor[], inputs: Tensors): Record<string, IoData> {
  const types = new Map(expected.map(({ name, dtype }) => [name, dtype]));
  return Object.fromEntries(
    [...inputs].map(([name, tensor]) => [
      name,
      types.get(name) === tensor.dtype ? (tensor.data as IoData) : inFloats(name, tensor),
    ]),
  );
}

/** Other types are held in float32; what that would round is no value to hand over. */
function inFloats(name: string, tensor: Tensor): Float32Array {
  if (tensor.dtype === 'f32') return tensor.data as Float32Array;
  const values = toNumbers(tensor);
  const floats = Float32Array.from(values, Number);
  const lost = floats.findIndex((v, i) => v !== Number(values[i]) && !Number.isNaN(v));
  if (lost < 0) return floats;
  throw new CompileError('run/input', `input ${name} holds ${values[lost]}, which float32 cannot hold`);
}

/** The outputs of a model's own types, from float32. */
export function typedOutputs(model: Graph, outputs: Tensors): Tensors {
  const types = new Map(model.outputs.map(({ name, value }) => [name, value.type.dtype]));
  return new Map(
    [...outputs].map(([name, tensor]) => {
      const dtype = types.get(name) ?? 'f32';
      return [name, dtype === tensor.dtype ? tensor : fromNumbers(dtype, tensor.shape, toNumbers(tensor))];
    }),
  );
}

function namedTensors(outputs: readonly IoTensor[], results: Outputs<IoData>): Map<string, Tensor> {
  return new Map(
    outputs.map(({ name, shape, dtype }) => [name, { dtype, shape, data: results[name] as IoData }]),
  );
}
