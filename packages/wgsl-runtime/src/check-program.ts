import { kindOf } from './kind-of.ts';
import type { Dispatch, IoType, WgslManifest, WgslProgram } from './manifest.ts';

/** The device limits that a program must fit. */
export type Limits = Readonly<
  Record<'maxStorageBufferBindingSize' | 'maxBufferSize' | 'maxComputeWorkgroupsPerDimension', number>
>;

/** Bytes of one element. */
export const elementBytes: Readonly<Record<IoType, number>> = { f32: 4, i32: 4, i8: 1, u8: 1 };

/** Bytes of one dispatch's parameters: WebGPU's default alignment of a dynamic offset. */
export const paramBytes = 256;

/** Throws an Error that says what does not fit: a wrong manifest, or the device limit that is exceeded. */
export function checkProgram({ manifest, weights }: WgslProgram, limits: Limits): void {
  if (manifest?.format !== 'ghostc-wgsl/2')
    throw new Error(`expected a manifest of format ghostc-wgsl/2, found ${manifest?.format}`);
  if (typeof weights !== 'function') checkWeights(manifest, weights);
  checkBuffers(manifest, limits);
  checkIo(manifest);
  for (const dispatch of manifest.dispatches) checkDispatch(dispatch, manifest, limits);
}

function checkWeights(manifest: WgslManifest, weights: Uint8Array): void {
  if (kindOf(weights) !== 'Uint8Array')
    throw new Error(
      `${manifest.name}: expected weights as a Uint8Array or a function, found ${kindOf(weights)}`,
    );
  checkWeightBytes(manifest, weights.byteLength);
}

export function checkWeightBytes({ name, weightBytes }: WgslManifest, found: number | 'more'): void {
  if (found === weightBytes) return;
  throw new Error(`${name}: expected ${weightBytes} bytes of weights, found ${found}`);
}

function checkBuffers({ arenaBytes, weightBytes, halfBytes }: WgslManifest, limits: Limits): void {
  for (const limit of ['maxStorageBufferBindingSize', 'maxBufferSize'] as const) {
    atMost(limits[limit], arenaBytes, `bytes of the arena exceed ${limit}`);
    atMost(limits[limit], weightBytes + halfBytes, `bytes of the weights exceed ${limit}`);
  }
}

function checkIo({ inputs, outputs, arenaBytes }: WgslManifest): void {
  for (const { name, shape, dtype, offset, bytes } of [...inputs, ...outputs]) {
    const size = elementBytes[dtype];
    if (!size) throw new Error(`${name}: expected dtype f32, i32, i8 or u8, found ${dtype}`);
    const expected = shape.reduce((product, dim) => product * dim, size);
    if (bytes !== expected) throw new Error(`${name} [${shape}]: expected ${expected} bytes, found ${bytes}`);
    if (offset % 4) throw new Error(`${name}: expected an offset that is a multiple of 4, found ${offset}`);
    atMost(arenaBytes, offset + bytes, `${name} ends outside the arena`);
  }
}

function checkDispatch(
  { label, module, workgroups, ints, floats = {} }: Dispatch,
  { modules }: WgslManifest,
  limits: Limits,
): void {
  if (modules[module] === undefined) throw new Error(`${label}: there is no module ${module}`);
  const words = Object.keys(ints).length + Object.keys(floats).length;
  atMost(paramBytes, words * 4, `${label}: too many bytes of parameters`);
  for (const count of workgroups)
    atMost(
      limits.maxComputeWorkgroupsPerDimension,
      count,
      `${label}: workgroups exceed maxComputeWorkgroupsPerDimension`,
    );
}

function atMost(limit: number, found: number, problem: string): void {
  if (found > limit) throw new Error(`${problem}: ${found} > ${limit}`);
}
