import type { Dispatch, IoType, ProgramManifest, WgslManifest, WgslProgram } from './manifest.ts';
import { checkWeights } from './receive-weights.ts';

/** The device limits that a program must fit. */
export type Limits = Readonly<
  Record<'maxStorageBufferBindingSize' | 'maxBufferSize' | 'maxComputeWorkgroupsPerDimension', number>
>;

/** Bytes of one element. */
export const elementBytes: Readonly<Record<IoType, number>> = {
  f32: 4,
  i32: 4,
  i16: 2,
  u16: 2,
  i8: 1,
  u8: 1,
};

/** Bytes of the parameters of one dispatch: a multiple of the default alignment of a dynamic offset, 256. */
export const paramBytes = 1024;

/** Throws an Error that names the problem: a wrong manifest, or the device limit that is exceeded. */
export function checkProgram({ manifest, weights }: WgslProgram, limits: Limits): void {
  if (manifest?.format !== 'ghostc-wgsl/2')
    throw new Error(`expected a manifest of format ghostc-wgsl/2, found ${manifest?.format}`);
  checkWeights(manifest, weights);
  checkBuffers(manifest, limits);
  checkIo(manifest);
  for (const dispatch of manifest.dispatches) checkDispatch(dispatch, manifest, limits);
}

function checkBuffers({ arenaBytes, weightBytes, halfBytes }: WgslManifest, limits: Limits): void {
  for (const limit of ['maxStorageBufferBindingSize', 'maxBufferSize'] as const) {
    atMost(limits[limit], arenaBytes, `bytes of the arena exceed ${limit}`);
    atMost(limits[limit], weightBytes + halfBytes, `bytes of the weights exceed ${limit}`);
  }
}

/** Throws for an input or output that the manifest describes wrongly. */
export function checkIo({ inputs, outputs, arenaBytes }: ProgramManifest): void {
  for (const { name, shape, dtype, offset, bytes } of [...inputs, ...outputs]) {
    const size = elementBytes[dtype];
    if (!size) throw new Error(`${name}: expected dtype f32, i32, i16, u16, i8 or u8, found ${dtype}`);
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
