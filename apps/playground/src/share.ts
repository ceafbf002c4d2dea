import type { Device } from '@ghostc/compiler';

/** Processors, as `compileC` knows them: this module loads before the compiler. */
export const devices: readonly Device[] = ['host', 'cortex-m4', 'cortex-m7', 'cortex-m55', 'rv32'];

/** What the address of the page says: options, never the model. */
export interface Settings {
  /** A GhostNet to open at the start; empty for a file. */
  readonly spec: string;
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
    device: devices.includes(device) ? device : 'cortex-m7',
    ram: /^\d+$/.test(query.get('ram') ?? '') ? String(query.get('ram')) : '',
    pane: query.get('pane') ?? 'graph',
  };
}

export function writeSettings(settings: Settings): string {
  const given = Object.entries(settings).filter(([, value]) => value !== '');
  return `#${new URLSearchParams(Object.fromEntries(given))}`;
}
