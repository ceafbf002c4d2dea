import type { Executable, Tensors } from '@ghostc/conformance';
import type { Graph } from '@ghostc/ir';

/** The function, which computes nothing twice of the same object. */
export function rememberedBy<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>();
  return (key) => {
    const value = known.get(key) ?? make(key);
    known.set(key, value);
    return value;
  };
}

/** An executable of a model that is prepared and run once for the same inputs, however often it is asked for. */
export function onceFor(): (model: Graph, prepare: () => Promise<Executable>) => Executable {
  const known = rememberedBy((_: Graph) => new WeakMap<Tensors, Promise<Tensors>>());
  return (model, prepare) => {
    const ofModel = known(model);
    return {
      run: (inputs) => {
        const outputs = ofModel.get(inputs) ?? runOnce(prepare, inputs);
        ofModel.set(inputs, outputs);
        return outputs;
      },
    };
  };
}

async function runOnce(prepare: () => Promise<Executable>, inputs: Tensors): Promise<Tensors> {
  const executable = await prepare();
  try {
    return await executable.run(inputs);
  } finally {
    await executable.dispose?.();
  }
}
