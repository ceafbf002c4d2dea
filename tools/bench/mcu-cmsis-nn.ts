import { compileC, type Device } from '@ghostc/compiler';
import { seededInputs } from '@ghostc/conformance';
import type { Graph } from '@ghostc/ir';
import { buildCmsisNn, cmsisNnRoot, runC } from '@ghostc/runtimes';

type CProgram = ReturnType<typeof compileC>;

/** What CMSIS-NN takes, counted in the same run. */
export interface CmsisCounts {
  /** Instructions of the whole graph compiled for it, channels put last and back included. */
  readonly whole: number;
  /** Instructions of our kernels over those of its functions only, in the layers that call it. */
  readonly ratio: number;
}

/** Functions that do nothing: what a layer takes beside them is its call, and the order of its channels. */
const noLibrary = `#include "arm_nnfunctions.h"
#define LAYER(wrapper, params) \\
  arm_cmsis_nn_status wrapper(const cmsis_nn_context *a, const params *b, const cmsis_nn_per_channel_quant_params *c, \\
    const cmsis_nn_dims *d, const int8_t *e, const cmsis_nn_dims *f, const int8_t *g, const cmsis_nn_dims *h, \\
    const int32_t *i, const cmsis_nn_dims *j, int8_t *k) { \\
    (void)a; (void)b; (void)c; (void)d; (void)e; (void)f; (void)g; (void)h; (void)i; (void)j; (void)k; \\
    return ARM_CMSIS_NN_SUCCESS; \\
  } \\
  int32_t wrapper##_get_buffer_size(const params *a, const cmsis_nn_dims *b, const cmsis_nn_dims *c, \\
    const cmsis_nn_dims *d) { \\
    (void)a; (void)b; (void)c; (void)d; \\
    return 0; \\
  }
LAYER(arm_convolve_wrapper_s8, cmsis_nn_conv_params)
LAYER(arm_depthwise_conv_wrapper_s8, cmsis_nn_dw_conv_params)
arm_cmsis_nn_status arm_elementwise_add_s8(const int8_t *a, const int8_t *b, int32_t c, int32_t d, int32_t e, int32_t f,
  int32_t g, int32_t h, int32_t i, int8_t *j, int32_t k, int32_t l, int32_t m, int32_t n, int32_t o, int32_t p) {
  (void)a; (void)b; (void)c; (void)d; (void)e; (void)f; (void)g; (void)h;
  (void)i; (void)j; (void)k; (void)l; (void)m; (void)n; (void)o; (void)p;
  return ARM_CMSIS_NN_SUCCESS;
}
`;

const mayCall = new Set([
  'qlinear_add',
  'qlinear_conv2d',
  'qlinear_depthwise_conv2d',
  'qlinear_fully_connected',
]);

/** Undefined where GHOSTC_CMSIS_NN names no library. Throws as `runC`. */
export async function cmsisCounts(graph: Graph, device: Device): Promise<CmsisCounts | undefined> {
  const root = cmsisNnRoot();
  if (!root) return undefined;
  const own = compileC(graph, { device, name: 'net' });
  const calling = compileC(graph, { device, name: 'net', kernels: 'cmsis-nn' });
  const single = String(calling.files.get('net.c')).includes('!defined(CMSIS_NN_USE_SINGLE_ROUNDING)');
  const extraFlags = single ? ['-DCMSIS_NN_USE_SINGLE_ROUNDING'] : [];
  const library = await buildCmsisNn(root, device, extraFlags);
  const count = async (program: CProgram): Promise<Layers> => {
    const options = { extraFlags, library, layers: program.layers.length, count: 'instructions' } as const;
    const [run] = await runC(program, device, [seededInputs(graph, 1)], options);
    return byLayer(program, run?.layers ?? []);
  };
  const empty = { ...calling, files: new Map([...calling.files, ['none.c', noLibrary]]) };
  const [ours, all, rest] = [await count(own), await count(calling), await count(empty)];
  const called = [...all].filter(([key, instructions]) => {
    const [op = ''] = key.split(' ');
    return mayCall.has(op) && instructions !== rest.get(key);
  });
  const total = (counts: Layers): number => called.reduce((sum, [name]) => sum + (counts.get(name) ?? 0), 0);
  const whole = [...all.values()].reduce((sum, instructions) => sum + instructions, 0);
  return { whole, ratio: total(ours) / (total(all) - total(rest)) };
}

/** Instructions by layer, those of one name and shape together, and before the first. */
type Layers = ReadonlyMap<string, number>;

function byLayer({ layers }: CProgram, [before = 0, ...counts]: readonly number[]): Layers {
  const sums = new Map([['', before]]);
  layers.forEach(({ op, name, shape }, i) => {
    const key = `${op} ${name} ${shape}`;
    sums.set(key, (sums.get(key) ?? 0) + (counts[i] ?? 0));
  });
  return sums;
}
