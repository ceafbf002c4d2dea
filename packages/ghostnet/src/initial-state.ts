import type { Tensor } from '@ghostc/ir';
import { buildFromSpec, parameterSpecs } from './build-from-spec.ts';

/**
 * The weights that a spec such as `ghostnet:1.0` gets from a seed, by their published names in the order of the layers: what
 * a `.safetensors` file of the model holds. Throws `ghostnet/spec`.
 */
export function initialState(spec: string, seed: number): Map<string, Tensor> {
  const values = new Map([...buildFromSpec(spec, { seed }).constants].map((value) => [value.name, value]));
  return new Map(
    parameterSpecs(spec).flatMap(({ name }): [string, Tensor][] => {
      const tensor = values.get(name)?.constant;
      return tensor ? [[name, tensor]] : [];
    }),
  );
}
