import type { Dispatch, WgslManifest, WgslProgram } from './manifest.ts';

/** The device limits that a program must fit. */
export type Limits = Readonly<
  Record<'maxStorageBufferBindingSize' | 'maxBufferSize' | 'maxComputeWorkgroupsPerDimension', number>
>;

/** Throws an Error that says what does not fit: a wrong manifest, or the device limit that is exceeded. */
export function checkProgram({ manifest, weights }: WgslProgram, limits: Limits): void {
  if (manifest?.format !== 'ghostc-wgsl/1')
    throw new Error(`expected a manifest of format ghostc-wgsl/1, found ${manifest?.format}`);
  if (weights.byteLength !== manifest.weightBytes)
    throw new Error(`expected ${manifest.weightBytes} bytes of weights, found ${weights.byteLength}`);
  checkBuffers(manifest, limits);
  checkIo(manifest);
  for (const dispatch of manifest.dispatches) checkDispatch(dispatch, manifest, limits);
}

function checkBuffers({ arenaBytes, weightBytes }: WgslManifest, limits: Limits): void {
  for (const limit of ['maxStorageBufferBindingSize', 'maxBufferSize'] as const) {
    atMost(limits[limit], arenaBytes, `bytes of the arena exceed ${limit}`);
    atMost(limits[limit], weightBytes, `bytes of the weights exceed ${limit}`);
  }
}

function checkIo({ inputs, outputs, arenaBytes }: WgslManifest): void {
  for (const { name, shape, dtype, offset, bytes } of [...inputs, ...outputs]) {
    if (dtype !== 'f32') throw new Error(`${name}: expected dtype f32, found ${dtype}`);
    const expected = shape.reduce((product, dim) => product * dim, 4);
    if (bytes !== expected) throw new Error(`${name} [${shape}]: expected ${expected} bytes, found ${bytes}`);
    if (offset % 4) throw new Error(`${name}: expected an offset that is a multiple of 4, found ${offset}`);
    atMost(arenaBytes, offset + bytes, `${name} ends outside the arena`);
  }
}

function checkDispatch(
  { label, module, workgroups }: Dispatch,
  { modules }: WgslManifest,
  limits: Limits,
): void {
  if (modules[module] === undefined) throw new Error(`${label}: there is no module ${module}`);
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
