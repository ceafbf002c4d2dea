import { expect, test } from 'vitest';
import { cDevice } from './c-device.ts';
import { type Footprint, linkerScript } from './c-linker-script.ts';

const MiB = 2 ** 20;

function regions(device: string, footprint: Footprint): string[] {
  const script = linkerScript(cDevice(device).board!, footprint);
  return ['.weights', '.big'].map(
    (section) => new RegExp(`^ *\\${section} .*> (\\w+)$`, 'm').exec(script)?.[1] ?? '',
  );
}

test('weights stand beside the code and buffers in fast memory while there is room', () => {
  expect(regions('cortex-m4', { weights: 3 * MiB, buffers: MiB })).toEqual(['FLASH', 'RAM']);
  expect(regions('cortex-m4', { weights: 3 * MiB, buffers: 5 * MiB })).toEqual(['FLASH', 'PSRAM']);
  expect(regions('cortex-m4', { weights: 10 * MiB, buffers: 3 * MiB })).toEqual(['PSRAM', 'RAM']);
  expect(regions('cortex-m55', { weights: 64 * 1024, buffers: 64 * 1024 })).toEqual(['ITCM', 'DTCM']);
  expect(regions('cortex-m55', { weights: 21 * MiB, buffers: 3 * MiB })).toEqual(['DDR', 'SRAM']);
});

test('what does not fit is refused with the number of bytes', () => {
  expect(() => regions('cortex-m7', { weights: 16 * MiB, buffers: 4 * MiB })).toThrow(
    'weights need 16777216 bytes; the board has at most 12582912 left in one piece (PSRAM): 4194304 too few',
  );
  expect(() => regions('cortex-m7', { weights: 0, buffers: 17 * MiB })).toThrow('1048576 too few');
});
