import { type CDevice, cDevice } from './c-device.ts';

/** A core and how code is built for it. */
export interface CoreBuild {
  /** Such as `Cortex-M4F`, `RV32IMC`. */
  readonly core: string;
  readonly compiler: string;
  readonly flags: readonly string[];
}

/**
 * Cores that QEMU runs, by the cores whose code they execute too. Armv6-M is a subset of Armv7E-M; what GCC makes of C for
 * Armv8-M Mainline runs on a Cortex-M7. Only instructions are counted, so that it does not matter how fast the core is.
 */
const executedBy = [
  [/^Cortex-(M0\+?|M3|M4F?|M23)$/, 'cortex-m4'],
  [/^Cortex-(M7|M33)$/, 'cortex-m7'],
  [/^Cortex-(M52|M55|M85)$/, 'cortex-m55'],
  [/^RV32IM\w*_Zba_Zbb/, 'rv32imac_zba_zbb'],
  [/^RV32/, 'rv32'],
] as const;

/** A device that runs a core's own build and counts its instructions; undefined where no emulator does. */
export function emulatedCore({ core, compiler, flags }: CoreBuild): CDevice | undefined {
  const name = executedBy.find(([cores]) => cores.test(core))?.[1];
  if (!name) return undefined;
  const device = cDevice(name);
  return device.compiler === compiler ? { ...device, flags: [...flags, ...codeModel(device)] } : undefined;
}

/** The emulated RISC-V board has its memory where only this code model reaches; the last one counts. */
function codeModel({ flags }: CDevice): string[] {
  return flags.filter((flag) => flag.startsWith('-mcmodel'));
}
