import { libraryFlags } from '@ghostc/backend-c';
import { devices as allDevices, type Device } from '@ghostc/compiler';
import { CompileError } from '@ghostc/ir';
import { onPath } from '../process/on-path.ts';
import type { Tool } from '../process/require-tool.ts';
import { tool } from '../process/tool-table.ts';

export interface Region {
  readonly name: string;
  readonly origin: number;
  readonly bytes: number;
}

/** Devices that run a native program; WebAssembly runs inside an engine. */
export type ProgramDevice = Exclude<Device, 'wasm32'>;
export const programDevices = allDevices.filter((device): device is ProgramDevice => device !== 'wasm32');

/** How a device's code is built, laid out and run. Memory as QEMU's boards have it. */
export interface CDevice {
  readonly name: Device;
  readonly compiler: string;
  /** Links, if the compiler does not. */
  readonly linker?: string;
  readonly flags: readonly string[];
  readonly linkFlags: readonly string[];
  readonly tools: readonly Tool[];
  /** Absent: runs here, or in `emulator`. */
  readonly board?: Board;
  /** Runs a program of another processor under this system, such as qemu-aarch64. */
  readonly emulator?: string;
}

export interface Board {
  readonly qemu: string;
  readonly machine: readonly string[];
  /** Start-up file of the harness. */
  readonly startup: 'arm' | 'riscv' | 'aarch64';
  /** Where code and small constants go; weights too, if there is room. */
  readonly code: Region;
  /** For data, arena and weights, in the order of preference; the stack is at the start of the first. */
  readonly memories: readonly Region[];
  readonly counter: Counter;
}

/**
 * A counter that goes with executed instructions under QEMU's `-icount`. `fpgaio`: ticks of `hertz` while an instruction
 * takes 64 ns of virtual time (shift=6). `cntvct`: ticks of 16 ns, four an instruction. `minstret`: the instructions themselves.
 */
export type Counter =
  | { readonly kind: 'fpgaio'; readonly address: number; readonly hertz: number }
  | { readonly kind: 'cntvct' }
  | { readonly kind: 'minstret' };

const MiB = 2 ** 20;

const armTools = [tool('arm-none-eabi-gcc'), tool('newlib'), tool('qemu-system-arm')];
const riscvTools = [tool('riscv64-unknown-elf-gcc'), tool('picolibc'), tool('qemu-system-riscv32')];

interface ArmCore {
  readonly name: Device;
  /** What the compiler is told; the name if absent. */
  readonly cpu?: string;
  /** Where floats go, `-mfpu` and `-mfloat-abi`. */
  readonly flags: readonly string[];
  readonly machine: string;
  readonly code: Region;
  readonly memories: readonly Region[];
  readonly counter: Counter;
}

function armDevice({ name, cpu = name, flags, machine, code, memories, counter }: ArmCore): CDevice {
  return {
    name,
    compiler: 'arm-none-eabi-gcc',
    flags: [`-mcpu=${cpu}`, '-mthumb', ...flags],
    linkFlags: ['-nostartfiles', '--specs=nano.specs', '--specs=nosys.specs'],
    tools: armTools,
    board: { qemu: 'qemu-system-arm', machine: ['-M', machine], startup: 'arm', code, memories, counter },
  };
}

function riscvDevice(name: ProgramDevice, flags: readonly string[]): CDevice {
  return {
    name,
    compiler: 'riscv64-unknown-elf-gcc',
    flags: [...flags, '-misa-spec=2.2', '-mcmodel=medany', '--specs=picolibc.specs'],
    linkFlags: ['-nostartfiles', ...libraryFlags(flags)],
    tools: riscvTools,
    board: {
      qemu: 'qemu-system-riscv32',
      machine: ['-M', 'virt', '-bios', 'none'],
      startup: 'riscv',
      code: { name: 'ROM', origin: 0x80000000, bytes: 8 * MiB },
      memories: [{ name: 'RAM', origin: 0x80800000, bytes: 120 * MiB }],
      counter: { kind: 'minstret' },
    },
  };
}

/** An MPS2 board, with the image of one core. */
function mps2(image: string, psram: number): Omit<ArmCore, 'name' | 'flags'> {
  return {
    machine: `mps2-${image}`,
    code: { name: 'FLASH', origin: 0, bytes: 4 * MiB },
    memories: [
      { name: 'RAM', origin: 0x20000000, bytes: 4 * MiB },
      { name: 'PSRAM', origin: psram, bytes: 16 * MiB },
    ],
    counter: { kind: 'fpgaio', address: 0x40028000, hertz: 25e6 },
  };
}

const an385 = mps2('an385', 0x21000000);
const an386 = mps2('an386', 0x21000000);
const an500 = mps2('an500', 0x60000000);
const an547: Omit<ArmCore, 'name' | 'flags'> = {
  machine: 'mps3-an547',
  code: { name: 'ITCM', origin: 0, bytes: MiB / 2 },
  memories: [
    { name: 'DTCM', origin: 0x20000000, bytes: MiB / 2 },
    { name: 'SRAM', origin: 0x21000000, bytes: 4 * MiB },
    { name: 'DDR', origin: 0x60000000, bytes: 256 * MiB },
  ],
  counter: { kind: 'fpgaio', address: 0x49302000, hertz: 20e6 },
};

/** The name of a device's runtime: `c`, or `c@cortex-m4`. */
export function cRuntimeName(device: Device): string {
  return device === 'host' ? 'c' : `c@${device}`;
}

const hostCompiler = onPath('gcc') ? 'gcc' : 'cc';

const devices: Readonly<Record<ProgramDevice, CDevice>> = {
  host: {
    name: 'host',
    compiler: hostCompiler,
    flags: [],
    linkFlags: [],
    tools: [tool('cc')],
  },
  aarch64: {
    name: 'aarch64',
    compiler: 'aarch64-linux-gnu-gcc',
    flags: [],
    linkFlags: ['-static'],
    tools: [tool('aarch64-linux-gnu-gcc'), tool('qemu-aarch64')],
    emulator: 'qemu-aarch64',
  },
  // a Cortex-M3 has all instructions of a Cortex-M0+
  'cortex-m0plus': armDevice({ ...an385, name: 'cortex-m0plus', flags: ['-mfloat-abi=soft'] }),
  'cortex-m3': armDevice({ ...an385, name: 'cortex-m3', flags: ['-mfloat-abi=soft'] }),
  'cortex-m4': armDevice({
    ...an386,
    name: 'cortex-m4',
    flags: ['-mfpu=fpv4-sp-d16', '-mfloat-abi=hard'],
  }),
  'cortex-m7': armDevice({
    ...an500,
    name: 'cortex-m7',
    flags: ['-mfpu=fpv5-d16', '-mfloat-abi=hard'],
  }),
  // what GCC makes of C for Armv8-M Mainline is in Armv7E-M too
  'cortex-m33': armDevice({
    ...an500,
    name: 'cortex-m33',
    flags: ['-mfpu=fpv5-sp-d16', '-mfloat-abi=hard'],
  }),
  'cortex-m55': armDevice({ ...an547, name: 'cortex-m55', flags: ['-mfloat-abi=hard'] }),
  // a Cortex-M85 has all instructions of a Cortex-M55, which older compilers know too
  'cortex-m85': armDevice({ ...an547, name: 'cortex-m85', cpu: 'cortex-m55', flags: ['-mfloat-abi=hard'] }),
  rv32: riscvDevice('rv32', ['-march=rv32imafc', '-mabi=ilp32f']),
  rv32imc: riscvDevice('rv32imc', ['-march=rv32imc', '-mabi=ilp32']),
  rv32imac_zba_zbb: riscvDevice('rv32imac_zba_zbb', ['-march=rv32imac_zba_zbb', '-mabi=ilp32']),
};

/** The processor that the code of `aarch64` is counted on, without a system: user-mode emulation counts nothing. */
const bareAarch64: CDevice = {
  ...devices.aarch64,
  linkFlags: ['-static', '-nostartfiles'],
  tools: [tool('aarch64-linux-gnu-gcc'), tool('qemu-system-aarch64')],
  board: {
    qemu: 'qemu-system-aarch64',
    machine: ['-M', 'virt', '-cpu', 'max', '-m', '1G', '-nic', 'none'],
    startup: 'aarch64',
    code: { name: 'ROM', origin: 0x40100000, bytes: 15 * MiB },
    memories: [{ name: 'RAM', origin: 0x41000000, bytes: 1000 * MiB }],
    counter: { kind: 'cntvct' },
  },
};

/** What counts the instructions of a device's code; the device itself on the host, which has only its clock. */
export function countingDevice(name: string): CDevice {
  return name === 'aarch64' ? bareAarch64 : cDevice(name);
}

/** A device by its name. Throws `run/device`. */
export function cDevice(name: string): CDevice {
  const device = Object.hasOwn(devices, name) ? devices[name as ProgramDevice] : undefined;
  if (device) return device;
  throw new CompileError(
    'run/device',
    `there is no device ${name}; there are ${Object.keys(devices).join(', ')}`,
  );
}
