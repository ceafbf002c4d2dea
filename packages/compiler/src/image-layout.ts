import type { Graph, Value } from '@ghostc/ir';
import { registry, toNchw } from '@ghostc/ops';
import type { IoTensor, ProgramManifest } from '@ghostc/wgsl-runtime';

/** The manifest with the layouts of inputs that are images. */
export function withLayouts<M extends ProgramManifest>(manifest: M, { inputs }: Graph): M {
  return { ...manifest, inputs: manifest.inputs.map((tensor, i) => ({ ...tensor, ...layoutOf(inputs[i]) })) };
}

/** The member `layout` of an input that is an image. */
export function layoutOf(input: Value | undefined): Pick<IoTensor, 'layout'> {
  const layout = input && imageLayout(input);
  return layout ? { layout } : {};
}

/**
 * Order of the axes of an input, as the first layers that treat it as an image expect it; undefined if none
 * does.
 */
function imageLayout(input: Value): IoTensor['layout'] {
  if (input.type.shape.length !== 4) return undefined;
  const reached = new Set([input]);
  for (const value of reached)
    for (const { op, attrs, outputs } of value.users) {
      if (op === 'transpose' && String(attrs.perm) === String(toNchw)) return 'NHWC';
      if (registry.get(op)?.traits.has('window')) return 'NCHW';
      for (const output of outputs)
        if (op !== 'transpose' && String(output.type.shape) === String(value.type.shape)) reached.add(output);
    }
  return undefined;
}
