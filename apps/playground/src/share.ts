import type { Device } from '@ghostc/compiler';

/** What each processor is called in the page, which loads before the compiler. */
const deviceTitles: Readonly<Record<Device, string>> = {
  host: 'PC (x86-64)',
  aarch64: 'Arm 64-bit',
  'cortex-m0plus': 'Cortex-M0+',
  'cortex-m3': 'Cortex-M3',
  'cortex-m4': 'Cortex-M4',
  'cortex-m7': 'Cortex-M7',
  'cortex-m33': 'Cortex-M33',
  'cortex-m55': 'Cortex-M55',
  'cortex-m85': 'Cortex-M85',
  rv32: 'RISC-V RV32IMAFC',
  rv32imc: 'RISC-V RV32IMC',
  rv32imac_zba_zbb: 'RISC-V RV32IMAC, Zba, Zbb',
  wasm32: 'WebAssembly',
};
export const devices = Object.entries(deviceTitles) as [Device, string][];

/** What the page's URL contains: options, never the model. */
export interface Settings {
  /** A GhostNet to open at the start; empty for a file. */
  readonly spec: string;
  /** Of symbolic dimensions, as `batch=1 height=224`; empty: none is given. */
  readonly sizes: string;
  readonly device: Device;
  /** KiB of arena; empty: no limit. */
  readonly ram: string;
  readonly pane: string;
}

/** The settings in the part of an address after `#`. */
export function readSettings(hash: string): Settings {
  const query = new URLSearchParams(hash.replace(/^#/, ''));
  const device = query.get('device') as Device;
  return {
    spec: query.get('spec') ?? '',
    sizes: query.get('sizes') ?? '',
    device: Object.hasOwn(deviceTitles, device) ? device : 'cortex-m7',
    ram: /^\d+$/.test(query.get('ram') ?? '') ? String(query.get('ram')) : '',
    pane: query.get('pane') ?? 'graph',
  };
}

export function writeSettings(settings: Settings): string {
  const given = Object.entries(settings).filter(([, value]) => value !== '');
  return `#${new URLSearchParams(Object.fromEntries(given))}`;
}
