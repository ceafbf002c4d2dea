import { CompileError, type Graph } from '@ghostc/ir';
import type { GhostLayerNodes, OpsWith, Rounding } from '@ghostc/ops';
import type { Device, PlanCOptions } from '../../c-program.ts';
import type { Kernel } from '../../kernel.ts';
import { cmsisKernelsFor, libraryRounding } from './cmsis-nn/index.ts';
import { convTranspose2d } from './conv-transpose2d.ts';
import { conv2d, depthwiseConv2d } from './conv2d.ts';
import { fusesGhostRows } from './dsp/ghost-rows.ts';
import { dspKernels } from './dsp/index.ts';
import { add, mul, prelu, requantize, sub } from './elementwise.ts';
import { fullyConnected } from './fully-connected.ts';
import { hostKernels, x86Kernels } from './host/index.ts';
import { lookup } from './lookup.ts';
import { matmul } from './matmul.ts';
import { maxPool } from './max-pool.ts';
import { mveKernels } from './mve/index.ts';
import { averagePool, globalAveragePool } from './pool.ts';
import { dequantize, quantize } from './quantize.ts';
import { resize } from './resize.ts';
import { scalarKernels } from './scalar/index.ts';
import { softmax } from './softmax.ts';

/** Portable C99, one for every quantised op, and maxima of small integers; the reference for tuned kernels. */
export const portableKernels = {
  dequantize_linear: dequantize,
  max_pool: maxPool,
  qlinear_add: add,
  qlinear_average_pool: averagePool,
  qlinear_conv2d: conv2d,
  qlinear_conv_transpose2d: convTranspose2d,
  qlinear_depthwise_conv2d: depthwiseConv2d,
  qlinear_fully_connected: fullyConnected,
  qlinear_global_average_pool: globalAveragePool,
  qlinear_lookup: lookup,
  qlinear_matmul: matmul,
  qlinear_mul: mul,
  qlinear_prelu: prelu,
  qlinear_resize: resize,
  qlinear_softmax: softmax,
  qlinear_sub: sub,
  quantize_linear: quantize,
  requantize,
} satisfies { readonly [K in OpsWith<'quantized'> | 'max_pool']: Kernel };

/** Is it the one for every processor? */
export function isPortable(op: string, kernel: Kernel): boolean {
  return Object.entries(portableKernels).some(([name, one]) => name === op && one === kernel);
}

type IntegerOp = OpsWith<'quantized' | 'mcu'> | 'max_pool';
type TunedKernels = { readonly [K in IntegerOp]?: Kernel };

const [scalarByRow, scalarByFourRows] = [scalarKernels(1), scalarKernels(4)];
const singleIssue = dspKernels('single');

/** Kernels for one device, op by op; what they do not accept, the portable ones take. */
const tunedKernels: { readonly [D in Device]?: TunedKernels } = {
  host: x86Kernels,
  aarch64: hostKernels,
  'cortex-m0plus': scalarByRow,
  'cortex-m3': scalarByRow,
  'cortex-m4': singleIssue,
  'cortex-m7': dspKernels('dual'),
  'cortex-m33': singleIssue,
  'cortex-m55': mveKernels,
  'cortex-m85': mveKernels,
  rv32: scalarByFourRows,
  rv32imc: scalarByFourRows,
  rv32imac_zba_zbb: scalarByFourRows,
  wasm32: hostKernels,
};

const cmsisKernels = { double: cmsisKernelsFor('double'), single: cmsisKernelsFor('single') };

/** Whose kernels are emitted; `cmsis-nn/...`: calls of CMSIS-NN, built to round so, where it has the layer, else the device's. */
export type KernelSet = Device | 'portable' | `cmsis-nn/${Rounding}/${Device}`;

/** The kernels that options ask for. */
export function kernelSetOf({ kernels, device = 'host' }: PlanCOptions, graph: Graph): KernelSet {
  if (kernels === 'cmsis-nn') return `cmsis-nn/${libraryRounding(graph)}/${device}`;
  return kernels ?? device;
}

/** Asks whether a Ghost module on integers becomes one node. Throws `backend-c/fuse-ghost` where no kernel can be. */
export function ghostFuser(options: PlanCOptions, graph: Graph): (layers: GhostLayerNodes) => boolean {
  const set = kernelSetOf(options, graph);
  if (tunedKernelsOf(set).some((table) => table?.ghost_rows)) return fusesGhostRows;
  throw new CompileError(
    'backend-c/fuse-ghost',
    `fused Ghost modules are for the kernels of cortex-m4 and cortex-m7, found ${set}`,
  );
}

/** The tables of tuned kernels, in the order in which they are asked. */
export function tunedKernelsOf(set: KernelSet): (TunedKernels | undefined)[] {
  if (set === 'portable') return [];
  const [device, rounding] = set.split('/').reverse() as [Device, Rounding?];
  return [...(rounding ? [cmsisKernels[rounding]] : []), tunedKernels[device]];
}
