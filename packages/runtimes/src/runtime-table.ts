import { compileC, compileOnnx, compileWgsl, type Device, devices } from '@ghostc/compiler';
import { type Executable, interpreterRuntime, type Runtime, type Tensors } from '@ghostc/conformance';
import { CompileError, type Graph, type Tensor } from '@ghostc/ir';
import { createSession, type IoTensor } from '@ghostc/wgsl-runtime';
import { dawnDevice } from './dawn-device.ts';
import { ortSession } from './ort-session.ts';
import { runC } from './run-c.ts';

/** Our ONNX, in ONNX Runtime. */
const onnxRuntime: Runtime = {
  name: 'onnx',
  dynamicShapes: true,
  prepare: (model) => ortSession(compileOnnx(model)),
};

/** Our WGSL, on Dawn. */
const wgslRuntime: Runtime = { name: 'wgsl', prepare: prepareWgsl };

/** Our C: compiled for a device, and run there. */
export function cRuntime(device: Device): Runtime {
  return {
    name: device === 'host' ? 'c' : `c@${device}`,
    prepare: async (model) => {
      const program = compileC(model, { device });
      const runAll = async (inputs: readonly Tensors[]): Promise<Tensors[]> =>
        (await runC(program, device, inputs)).map((run) => run.outputs);
      return { runAll, run: async (inputs) => (await runAll([inputs]))[0] as Tensors };
    },
  };
}

/** The model as it came, in ONNX Runtime. `path` keeps external data in reach. */
export function originalRuntime(path: string): Runtime {
  return { name: 'original', dynamicShapes: true, prepare: () => ortSession(path) };
}

const runtimes: readonly Runtime[] = [interpreterRuntime, onnxRuntime, wgslRuntime, ...devices.map(cRuntime)];

/** Names that `createRuntime` knows. */
export const runtimeNames: readonly string[] = runtimes.map((runtime) => runtime.name);

/** A runtime by its name: `interpreter`, `onnx`, `wgsl`, `c`, `c@cortex-m4`, ... Throws `run/target`. */
export function createRuntime(name: string): Runtime {
  const runtime = runtimes.find((candidate) => candidate.name === (name === 'c@host' ? 'c' : name));
  if (runtime) return runtime;
  throw new CompileError('run/target', `there is no target ${name}; there are ${runtimeNames.join(', ')}`);
}

async function prepareWgsl(model: Graph): Promise<Executable> {
  const program = compileWgsl(model);
  const device = await dawnDevice();
  const session = await createSession(device, program);
  const { outputs } = program.manifest;
  return {
    run: async (inputs) => {
      const data = Object.fromEntries(
        [...inputs].map(([name, tensor]) => [name, tensor.data as Float32Array]),
      );
      return namedTensors(outputs, await session.run(data));
    },
    dispose: () => {
      session.dispose();
      device.destroy();
    },
  };
}

function namedTensors(
  outputs: readonly IoTensor[],
  results: Readonly<Record<string, Float32Array>>,
): Map<string, Tensor> {
  return new Map(
    outputs.map(({ name, shape }) => [
      name,
      { dtype: 'f32', shape, data: results[name] ?? new Float32Array() },
    ]),
  );
}
