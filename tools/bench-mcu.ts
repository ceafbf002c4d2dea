import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileC, readModel } from '@ghostc/compiler';
import { seededInputs, type Tensors } from '@ghostc/conformance';
import { type Graph, parseGraph } from '@ghostc/ir';
import { nodeMacs } from '@ghostc/ops';
import { cDevice, missingTools, runC } from '@ghostc/runtimes';
import { kernelCases, type McuDevice } from './mcu-kernels.ts';

/**
 * Instructions of the int8 C on microcontrollers, counted exactly in QEMU, against targets and peers. Usage:
 * `node tools/run-ts.mjs tools/bench-mcu.ts [kernels] [models] [ghostnet] [--device NAME] [--json]`. Exit code 1 when a
 * target is missed.
 */
const devices: readonly McuDevice[] = ['cortex-m4', 'cortex-m55'];
