import { litertPython } from '../litert/litert-python.ts';
import { findPackage } from './find-package.ts';
import type { PackageNames } from './install-command.ts';
import { anyFile, onPath } from './on-path.ts';
import type { Tool } from './require-tool.ts';
import table from './tool-table.json';

/** Names in the table of what commands need beyond Node. They are listed here, so that published types import no JSON. */
export const toolIds = [
  'cc',
  'arm-none-eabi-gcc',
  'newlib',
  'qemu-system-arm',
  'riscv64-unknown-elf-gcc',
  'clang',
  'wasm-ld',
  'picolibc',
  'qemu-system-riscv32',
  'vulkan-driver',
  'vulkan-loader',
  'chromium',
  'lavapipe',
  'onnxruntime-node',
  'webgpu',
  'playwright-core',
  'deno',
  'esbuild',
  'ai-edge-litert',
  'aarch64-linux-gnu-gcc',
  'qemu-aarch64',
  'qemu-system-aarch64',
  'piscina',
  '@aws-sdk/client-s3',
  'bullmq',
  'ioredis',
  'redis-server',
] as const;
export type ToolId = (typeof toolIds)[number];

interface Entry {
  readonly name: string;
  /** Targets of `ghostc` that need it. */
  readonly targets: readonly string[];
  readonly packages: PackageNames;
  readonly page?: string;
  /** It is installed if one of these commands is on the path, ... */
  readonly commands?: readonly string[];
  /** ... if one of these files exists, ... */
  readonly files?: readonly string[];
  /** ... or if this variable of the environment is set. */
  readonly variable?: string;
  /** Needed on this platform only. */
  readonly onlyOn?: string;
  /** Looked for only where this command is: elsewhere the files lie in other places. */
  readonly onlyWith?: string;
}

const entries: Readonly<Record<ToolId, Entry>> = table;

/** A tool by its name in the table. */
export function tool(id: ToolId): Tool & { readonly targets: readonly string[] } {
  const { name, targets, packages, page } = entries[id];
  return { name, targets, packages, page, found: () => isFound(id, entries[id]) };
}

function isFound(id: ToolId, entry: Entry): boolean {
  const { commands = [], files = [], variable, onlyOn, onlyWith, packages } = entry;
  if (onlyOn && process.platform !== onlyOn) return true;
  if (onlyWith && !onPath(onlyWith)) return true;
  // Some packages export nothing but their package.json, some do not export that.
  if (packages.npm) return (findPackage(id) ?? findPackage(`${id}/package.json`)) !== undefined;
  if (packages.pip) return litertPython() !== undefined;
  return (!!variable && !!process.env[variable]) || commands.some(onPath) || anyFile(...files);
}

/** Files of the table: where distributions put a driver. */
export function filesOf(id: ToolId): readonly string[] {
  return entries[id].files ?? [];
}

/** Commands of the table, in the order of preference. */
export function commandsOf(id: ToolId): readonly string[] {
  return entries[id].commands ?? [];
}
