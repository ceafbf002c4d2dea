import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What each target needs beyond Node and npm packages, and the Debian packages that bring it. */
export const needs = [
  { target: 'c', tool: 'cc', packages: ['gcc', 'libc6-dev'], found: () => onPath('cc') || onPath('gcc') },
  {
    target: 'c@cortex-m4, c@cortex-m7, c@cortex-m55',
    tool: 'arm-none-eabi-gcc and qemu-system-arm',
    packages: ['gcc-arm-none-eabi', 'libnewlib-arm-none-eabi', 'qemu-system-arm'],
    found: () => onPath('arm-none-eabi-gcc') && onPath('qemu-system-arm') && armLibrary(),
  },
  {
    target: 'c@rv32',
    tool: 'riscv64-unknown-elf-gcc and qemu-system-riscv32',
    packages: ['gcc-riscv64-unknown-elf', 'picolibc-riscv64-unknown-elf', 'qemu-system-misc'],
    found: () =>
      onPath('riscv64-unknown-elf-gcc') &&
      onPath('qemu-system-riscv32') &&
      existsSync('/usr/lib/picolibc/riscv64-unknown-elf'),
  },
  {
    target: 'wgsl',
    tool: 'a Vulkan driver (SwiftShader, from chromium)',
    packages: ['chromium', 'libvulkan1'],
    found: () => existsSync('/usr/lib/chromium/vk_swiftshader_icd.json') && vulkanLoader(),
  },
];

/** Needs that this machine does not meet. */
export function missingNeeds() {
  return needs.filter((need) => !need.found());
}

/** The command that installs what is missing. */
export function installCommand(missing) {
  const packages = [...new Set(missing.flatMap((need) => need.packages))];
  return `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

export function onPath(tool) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, tool)));
}

function armLibrary() {
  return ['/usr/lib/arm-none-eabi', '/usr/arm-none-eabi/lib'].some((folder) => existsSync(folder));
}

function vulkanLoader() {
  return [
    '/usr/lib/x86_64-linux-gnu/libvulkan.so.1',
    '/usr/lib/aarch64-linux-gnu/libvulkan.so.1',
    '/usr/lib64/libvulkan.so.1',
  ].some(existsSync);
}
