import { expect, test } from 'vitest';
import { checkProgram } from './check-program.ts';
import type { WgslManifest } from './manifest.ts';

const manifest: WgslManifest = {
  format: 'ghostc-wgsl/2',
  name: 'tiny',
  arenaBytes: 64,
  weightBytes: 8,
  halfBytes: 0,
  inputs: [{ name: 'x', shape: [1, 4], dtype: 'f32', offset: 0, bytes: 16 }],
  outputs: [{ name: 'y', shape: [1, 4], dtype: 'f32', offset: 48, bytes: 16 }],
  modules: { scale: '' },
  variants: {},
  dispatches: [{ label: 'Mul_0', module: 'scale', entryPoint: 'main', ints: {}, workgroups: [1, 1, 1] }],
};
const limits = {
  maxStorageBufferBindingSize: 1024,
  maxBufferSize: 1024,
  maxComputeWorkgroupsPerDimension: 8,
};

function problem(changes: Partial<WgslManifest>, weightBytes = 8): string {
  try {
    checkProgram({ manifest: { ...manifest, ...changes }, weights: new Uint8Array(weightBytes) }, limits);
    return 'none';
  } catch (error) {
    return (error as Error).message;
  }
}

test('a sound program passes', () => {
  expect(problem({})).toBe('none');
});

test('every defect is named', () => {
  const [x] = manifest.inputs;
  const [mul] = manifest.dispatches;
  const found = [
    problem({ format: 'other/2' as 'ghostc-wgsl/2' }),
    problem({}, 7),
    problem({ arenaBytes: 2048 }),
    problem({ weightBytes: 4096 }, 4096),
    problem({ inputs: [{ ...x!, offset: 56 }] }),
    problem({ inputs: [{ ...x!, bytes: 12 }] }),
    problem({ inputs: [{ ...x!, offset: 2 }] }),
    problem({ dispatches: [{ ...mul!, module: 'none' }] }),
    problem({
      dispatches: [{ ...mul!, ints: Object.fromEntries([...Array(257).keys()].map((i) => [`P${i}`, i])) }],
    }),
    problem({ dispatches: [{ ...mul!, workgroups: [1, 9, 1] }] }),
  ];
  expect(found).toEqual([
    'expected a manifest of format ghostc-wgsl/2, found other/2',
    'tiny: expected 8 bytes of weights, found 7',
    'bytes of the arena exceed maxStorageBufferBindingSize: 2048 > 1024',
    'bytes of the weights exceed maxStorageBufferBindingSize: 4096 > 1024',
    'x ends outside the arena: 72 > 64',
    'x [1,4]: expected 16 bytes, found 12',
    'x: expected an offset that is a multiple of 4, found 2',
    'Mul_0: there is no module none',
    'Mul_0: too many bytes of parameters: 1028 > 1024',
    'Mul_0: workgroups exceed maxComputeWorkgroupsPerDimension: 9 > 8',
  ]);
});
