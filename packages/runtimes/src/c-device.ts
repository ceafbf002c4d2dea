import type { Device } from '@ghostc/compiler';
import { CompileError } from '@ghostc/ir';
import { onPath, type Tool } from './require-tool.ts';

export interface Region {
  readonly origin: number;
  readonly bytes: number;
}

/** How a device's code is built, laid out and run. Memory as QEMU's boards have it. */
export interface CDevice {
  readonly compiler: string;
  readonly flags: readonly string[];
  readonly linkFlags: readonly string[];
  readonly tools: readonly Tool[];
  readonly board?: Board;
}

export interface Board {
  readonly qemu: string;
  readonly machine: readonly string[];
  /** Start-up file of the harness. */
  readonly startup: 'arm' | 'riscv';
  /** Where code and small constants go. */
  readonly code: Region;
  /** Stack, data and buffers, in the order of preference. */
  readonly memories: readonly Region[];
  /** Address of a counter that goes with executed instructions, and instructions per tick. */
  readonly counter: {
    readonly address: number;
    readonly icount: string;
    readonly instructionsPerTick: number;
  };
}

const MiB = 2 ** 20;
const arm: readonly Tool[] = [
  { command: 'arm-none-eabi-gcc', packages: ['gcc-arm-none-eabi', 'libnewlib-arm-none-eabi'] },
  { command: 'qemu-system-arm', packages: ['qemu-system-arm'] },
];
const armLink = ['-nostartfiles', '--specs=nano.specs', '--specs=nosys.specs'];
const mps2Counter = { address: 0x40028018, icount: 'shift=6', instructionsPerTick: 40 / 64 };
const mps2Code = { origin: 0, bytes: 4 * MiB };
const mps2Ram = { origin: 0x20000000, bytes: 4 * MiB };

const hostCompiler = onPath('gcc') ? 'gcc' : 'cc';

const devices: Readonly<Record<Device, CDevice>> = {
  host: {
    compiler: hostCompiler,
    flags: [],
    linkFlags: [],
    tools: [{ command: hostCompiler, packages: ['gcc', 'libc6-dev'] }],
  },
  'cortex-m4': {
    compiler: 'arm-none-eabi-gcc',
    flags: ['-mcpu=cortex-m4', '-mthumb', '-mfpu=fpv4-sp-d16', '-mfloat-abi=hard'],
    linkFlags: armLink,
    tools: arm,
    board: {
      qemu: 'qemu-system-arm',
      machine: ['-M', 'mps2-an386'],
      startup: 'arm',
      code: mps2Code,
      memories: [mps2Ram, { origin: 0x21000000, bytes: 16 * MiB }],
      counter: mps2Counter,
    },
  },
  'cortex-m7': {
    compiler: 'arm-none-eabi-gcc',
    flags: ['-mcpu=cortex-m7', '-mthumb', '-mfpu=fpv5-d16', '-mfloat-abi=hard'],
    linkFlags: armLink,
    tools: arm,
    board: {
      qemu: 'qemu-system-arm',
      machine: ['-M', 'mps2-an500'],
      startup: 'arm',
      code: mps2Code,
      memories: [mps2Ram, { origin: 0x60000000, bytes: 16 * MiB }],
      counter: mps2Counter,
    },
  },
  'cortex-m55': {
    compiler: 'arm-none-eabi-gcc',
    flags: ['-mcpu=cortex-m55', '-mthumb', '-mfloat-abi=hard'],
    linkFlags: armLink,
    tools: arm,
    board: {
      qemu: 'qemu-system-arm',
      machine: ['-M', 'mps3-an547'],
      startup: 'arm',
      code: { origin: 0, bytes: MiB / 2 },
      memories: [
        { origin: 0x21000000, bytes: 4 * MiB },
        { origin: 0x60000000, bytes: 256 * MiB },
      ],
      counter: { address: 0x49302018, icount: 'shift=6', instructionsPerTick: 40 / 64 },
    },
  },
  rv32: {
    compiler: 'riscv64-unknown-elf-gcc',
    flags: ['-march=rv32imafc', '-mabi=ilp32f', '-misa-spec=2.2', '-mcmodel=medany'],
    linkFlags: ['--specs=picolibc.specs', '-nostartfiles'],
    tools: [
      {
        command: 'riscv64-unknown-elf-gcc',
        packages: ['gcc-riscv64-unknown-elf', 'picolibc-riscv64-unknown-elf'],
      },
      { command: 'qemu-system-riscv32', packages: ['qemu-system-misc'] },
    ],
    board: {
      qemu: 'qemu-system-riscv32',
      machine: ['-M', 'virt', '-bios', 'none'],
      startup: 'riscv',
      code: { origin: 0x80000000, bytes: 8 * MiB },
      memories: [{ origin: 0x80800000, bytes: 120 * MiB }],
      counter: { address: 0, icount: 'shift=0', instructionsPerTick: 1 },
    },
  },
};

export function cDevice(name: string): CDevice {
  const device = Object.hasOwn(devices, name) ? devices[name as Device] : undefined;
  if (device) return device;
  throw new CompileError(
    'run/device',
    `there is no device ${name}; there are ${Object.keys(devices).join(', ')}`,
  );
}
