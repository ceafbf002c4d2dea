import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type CompileCOptions, compileC, type Layout, layouts, packageFiles } from '@ghostc/compiler';
import { parseGraph } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { afterAll, expect, test } from 'vitest';
import { onPath } from '../process/on-path.ts';
import { skipWithout, type Tool } from '../process/require-tool.ts';
import { runProcess } from '../process/run-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'ghostc-layout-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const graph = () =>
  parseGraph(
    `graph @net(%x: f32[1,2,4,4])
const %w: f32[3,2,1,1] = random(1)
%y = conv2d %x, %w
return %y`,
    { registry },
  );

const cmake: Tool = { name: 'cmake', found: () => onPath('cmake'), packages: { apt: ['cmake'] } };
const warnings = ['-std=c99', '-Wall', '-Wextra', '-Wconversion', '-Werror', '-pedantic'];

function write(name: string, files: ReadonlyMap<string, string | Uint8Array>): string {
  const out = join(folder, name);
  for (const [file, content] of files) {
    mkdirSync(dirname(join(out, file)), { recursive: true });
    writeFileSync(join(out, file), content);
  }
  return out;
}

const run = (command: string, args: string[], cwd: string) =>
  runProcess(command, args, { cwd, timeout: 120 });

test('every layout holds all files of the program', () => {
  const program = compileC(graph(), { weights: 'c' });
  for (const layout of layouts) {
    const names = [...packageFiles(program, layout).keys()].map((path) => path.split('/').at(-1));
    for (const name of program.files.keys()) expect(names).toContain(name);
  }
});

test.for(['c', 'bin'] as const)(
  'the CMake package builds, installs and is found, weights as %s',
  async (weights, context) => {
    skipWithout([cmake], 'the CMake package', context);
    const out = write(
      `cmake-${weights}`,
      packageFiles(compileC(graph(), { weights, selfTest: true }), 'cmake'),
    );
    const prefix = join(out, 'installed');
    await run('cmake', ['-S', '.', '-B', 'build', `-DCMAKE_INSTALL_PREFIX=${prefix}`], out);
    await run('cmake', ['--build', 'build', '--target', 'install'], out);
    expect(await run('ctest', [], join(out, 'build'))).toContain(
      '100% tests passed, 0 tests failed out of 1',
    );
    const user = write(
      `user-${weights}`,
      new Map([
        [
          'CMakeLists.txt',
          'cmake_minimum_required(VERSION 3.13)\nproject(user C)\nfind_package(net REQUIRED)\nadd_executable(user user.c)\ntarget_link_libraries(user net::net)\n',
        ],
        [
          'user.c',
          '#include <net.h>\nstatic unsigned char arena[NET_ARENA_SIZE] __attribute__((aligned(NET_ARENA_ALIGN)));\nstatic float in[NET_IN_SIZE], out[NET_OUT_SIZE];\nint main(void) { return net_run(arena, in, out); }\n',
        ],
      ]),
    );
    await run('cmake', ['-S', '.', '-B', 'build', `-DCMAKE_PREFIX_PATH=${prefix}`], user);
    await run('cmake', ['--build', 'build'], user);
    await run(join(user, 'build/user'), [], user);
  },
);

test('the CMake package is found by a version that it is compatible with', async (context) => {
  skipWithout([cmake], 'the CMake package', context);
  const out = write('cmake-version', packageFiles(compileC(graph(), { weights: 'c' }), 'cmake'));
  const prefix = join(out, 'installed');
  await run('cmake', ['-S', '.', '-B', 'build', `-DCMAKE_INSTALL_PREFIX=${prefix}`], out);
  await run('cmake', ['--build', 'build', '--target', 'install'], out);
  const configure = (version: string) => {
    const lists = `cmake_minimum_required(VERSION 3.13)\nproject(user C)\nfind_package(net ${version} REQUIRED)\n`;
    const user = write(`user-${version}`, new Map([['CMakeLists.txt', lists]]));
    return run('cmake', ['-S', '.', '-B', 'build', `-DCMAKE_PREFIX_PATH=${prefix}`], user);
  };
  await configure('1.0');
  await expect(configure('2.0')).rejects.toThrow('with requested version "2.0"');
});

test.for([
  ['esp-idf', 'rv32imc', 'CMakeLists.txt'],
  ['cmsis-pack', 'cortex-m4', 'ghostc.net.pdsc'],
] as const)('%s names every file that is compiled, and no other', ([layout, device, list], context) => {
  const program = compileC(graph(), { weights: 'bin', device, selfTest: true });
  const files = packageFiles(program, layout);
  const named = [...String(files.get(list)).matchAll(/"(src\/\w+\.[cS])"/g)].map(([, name]) => name);
  const compiled = [...files.keys()].filter((name) => /\.[cS]$/.test(name));
  context.expect(named.sort()).toEqual(compiled.sort());
});

test('packages refuse devices that their boards have not, and what their builders cannot do', () => {
  const layoutOf = (layout: Layout, options: CompileCOptions) => () =>
    packageFiles(compileC(graph(), options), layout);
  expect(layoutOf('esp-idf', { device: 'cortex-m4' })).toThrow(
    'a component of ESP-IDF is for devices host, rv32, rv32imc, found cortex-m4',
  );
  expect(layoutOf('cmsis-pack', { device: 'rv32' })).toThrow(/a CMSIS-Pack is for devices .*, found rv32/);
  expect(layoutOf('platformio', { weights: 'bin' })).toThrow('a PlatformIO library needs its weights as C');
});

test('an Arduino library has its weights as C', () => {
  const files = packageFiles(compileC(graph(), { weights: 'c' }), 'arduino');
  expect([...files.keys()].sort()).toEqual([
    'README.md',
    'examples/run/run.ino',
    'library.properties',
    'src/net.c',
    'src/net.h',
    'src/net_weights.c',
  ]);
  expect(() => packageFiles(compileC(graph(), { weights: 'bin' }), 'arduino')).toThrow(/weights as C/);
});

test('the sketch of an Arduino library and the help of a Zephyr module follow io arena', () => {
  const program = compileC(graph(), { weights: 'c', io: 'arena' });
  const [input, output] = [program.inputs[0]?.offset, program.outputs[0]?.offset];
  const sketch = String(packageFiles(program, 'arduino').get('examples/run/run.ino'));
  expect(sketch).toContain(`static float *const in0 = (float *)(arena + ${input});`);
  expect(sketch).toContain(`static float *const out0 = (float *)(arena + ${output});`);
  expect(sketch).toContain('net_run(arena);');
  expect(String(packageFiles(program, 'zephyr').get('Kconfig'))).toContain('which holds inputs and outputs.');
});

test('an Arduino library and a Zephyr module know the self-test', () => {
  const program = compileC(graph(), { weights: 'c', selfTest: true });
  const sketch = packageFiles(program, 'arduino').get('examples/selftest/selftest.ino');
  expect(String(sketch)).toContain('net_selftest(arena, in0, out0);');
  const zephyr = packageFiles(program, 'zephyr');
  expect(String(zephyr.get('Kconfig'))).toContain('config NET_SELFTEST\n');
  expect(String(zephyr.get('CMakeLists.txt'))).toContain(
    'zephyr_library_sources_ifdef(CONFIG_NET_SELFTEST src/net_selftest.c)',
  );
});

test('external weights come in by the run function', async () => {
  const program = compileC(graph(), { weights: 'external' });
  expect([...program.files.keys()].sort()).toEqual(['net.c', 'net.h', 'net_weights.bin']);
  const main = `#include <stdio.h>
#include "net.h"
static unsigned char arena[NET_ARENA_SIZE] __attribute__((aligned(16)));
static unsigned char weights[65536] __attribute__((aligned(16)));
static float in[NET_IN_SIZE], out[NET_OUT_SIZE];
int main(void) {
  FILE *file = fopen("net_weights.bin", "rb");
  if (!file || fread(weights, 1, sizeof weights, file) == 0) return 9;
  in[0] = 1.0f;
  if (net_run(arena, NULL, in, out) != NET_E_NULL || net_run(arena, weights + 4, in, out) != NET_E_ALIGN) return 8;
  return net_run(arena, weights, in, out) != NET_OK || out[0] == 0.0f;
}
`;
  const out = write('external', new Map([...program.files, ['main.c', main]]));
  await run('cc', [...warnings, 'main.c', 'net.c', '-lm', '-o', 'main'], out);
  await run(join(out, 'main'), [], out);
});

test('external weights are checked: size, CRC-32, place', async () => {
  const program = compileC(graph(), { weights: 'external' });
  const main = `#include <stdio.h>
#include "net.h"
static unsigned char weights[NET_WEIGHTS_SIZE + 16] __attribute__((aligned(16)));
int main(void) {
  FILE *file = fopen("net_weights.bin", "rb");
  if (!file || fread(weights, 1, sizeof weights, file) != NET_WEIGHTS_SIZE) return 9;
  if (net_check_weights(weights, NET_WEIGHTS_SIZE) != NET_OK) return 1;
  if (net_check_weights(NULL, NET_WEIGHTS_SIZE) != NET_E_NULL) return 2;
  if (net_check_weights(weights + 4, NET_WEIGHTS_SIZE) != NET_E_ALIGN) return 3;
  if (net_check_weights(weights, NET_WEIGHTS_SIZE + 4) != NET_E_WEIGHTS) return 4;
  weights[NET_WEIGHTS_SIZE - 1] ^= 64;
  return net_check_weights(weights, NET_WEIGHTS_SIZE) != NET_E_WEIGHTS;
}
`;
  const out = write('checked', new Map([...program.files, ['main.c', main]]));
  await run('cc', [...warnings, 'main.c', 'net.c', '-lm', '-o', 'main'], out);
  await run(join(out, 'main'), [], out);
  expect(() => compileC(graph(), { weights: 'external', weightSection: '.extflash' })).toThrow(
    /weights that the caller loads are in no section/,
  );
});

test('fetched weights are checked through the buffer: CRC-32, place, ranges that do not come', async () => {
  const program = compileC(graph(), { weights: 'fetch' });
  const main = `#include <stdio.h>
#include <string.h>
#include "net.h"
static unsigned char file[NET_WEIGHTS_SIZE];
static unsigned char buffer[NET_FETCH_SIZE + 16] __attribute__((aligned(16)));
static size_t missing = NET_WEIGHTS_SIZE;
static int fetch(void *source, size_t offset, size_t bytes, void *to) {
  if (to == NULL) return 0;
  if (offset <= missing && missing < offset + bytes) return 1;
  memcpy(to, (unsigned char *)source + offset, bytes);
  return 0;
}
int main(void) {
  FILE *weights = fopen("net_weights.bin", "rb");
  if (!weights || fread(file, 1, sizeof file, weights) != sizeof file) return 9;
  buffer[NET_FETCH_SIZE] = 77;
  if (net_check_weights(buffer, fetch, file) != NET_OK) return 1;
  if (buffer[NET_FETCH_SIZE] != 77) return 2;
  if (net_check_weights(buffer, NULL, file) != NET_E_NULL) return 3;
  if (net_check_weights(NULL, fetch, file) != NET_E_NULL) return 4;
  if (net_check_weights(buffer + 4, fetch, file) != NET_E_ALIGN) return 5;
  missing = NET_WEIGHTS_SIZE - 1;
  if (net_check_weights(buffer, fetch, file) != NET_E_FETCH) return 6;
  missing = NET_WEIGHTS_SIZE;
  file[NET_WEIGHTS_SIZE - 1] ^= 64;
  return net_check_weights(buffer, fetch, file) != NET_E_WEIGHTS;
}
`;
  const out = write('fetched', new Map([...program.files, ['main.c', main]]));
  await run('cc', [...warnings, 'main.c', 'net.c', '-lm', '-o', 'main'], out);
  await run(join(out, 'main'), [], out);
});

/** Rules of `arduino-lint` for the Library Manager, and Arduino's own list of platforms without 32 bits. */
test('the Library Manager takes library.properties', () => {
  const properties = (options: object) => {
    const files = packageFiles(compileC(graph(), { weights: 'c', ...options }), 'arduino');
    const lines = String(files.get('library.properties'))
      .split('\n')
      .filter((line) => /^[^#]/.test(line));
    return Object.fromEntries(lines.map((line) => line.split(/=(.*)/).slice(0, 2)));
  };
  for (const device of ['host', 'cortex-m4', 'cortex-m7', 'cortex-m33', 'rv32'] as const) {
    const found = properties({ device, name: 'arduino_net' });
    expect(Object.values(found).every(Boolean)).toBe(true);
    expect(found.name).toMatch(/^(?!arduino)[a-z0-9][\w .-]{0,62}$/i);
    expect(found.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(found.url).toMatch(/^https:\/\/\S+$/);
    expect(found.category).toBe('Data Processing');
    expect(found.includes).toBe('arduino_net.h');
    expect(found.paragraph).not.toContain(found.sentence);
    expect(found.architectures).not.toMatch(/\*|avr/);
    expect(found.architectures.split(',').includes('esp32')).toBe(!device.startsWith('cortex'));
  }
  for (const device of ['cortex-m55', 'cortex-m85'])
    expect(() => properties({ device })).toThrow(`has Helium, which ${device} needs`);
  expect(() => properties({ noUnaligned: true })).toThrow(/-mno-unaligned-access/);
});

test.each(['arduino', 'esp-idf', 'platformio'] as const)(
  '%s: the README calls the network as it is declared',
  (layout) => {
    for (const io of ['caller', 'arena'] as const) {
      const program = compileC(graph(), { weights: 'c', io });
      const readme = String(packageFiles(program, layout).get('README.md'));
      const [, call = ''] = /int status = (net_run\(.*\));/.exec(readme) ?? [];
      const declared = /\bnet_run\(([^)]*)\)/.exec(String(program.files.get('net.h')))?.[1] ?? '';
      const names = declared.split(',').map((one) => /\w+$/.exec(one)?.[0]);
      expect(call).toBe(`net_run(${names.join(', ')})`);
    }
  },
);

test('a Zephyr module has a name and depends on what its kernels need', () => {
  const zephyr = (options: object) => packageFiles(compileC(graph(), { weights: 'c', ...options }), 'zephyr');
  expect(String(zephyr({}).get('zephyr/module.yml'))).toBe(
    'name: net\nbuild:\n  cmake: .\n  kconfig: Kconfig\n',
  );
  expect(String(zephyr({}).get('Kconfig'))).not.toContain('depends on');
  expect(String(zephyr({ device: 'cortex-m33' }).get('Kconfig'))).toContain('|| ARMV8_M_DSP\n');
  expect(String(zephyr({ device: 'cortex-m85' }).get('Kconfig'))).toContain('depends on ARMV8_1_M_MVEI\n');
  const m55 = zephyr({ device: 'cortex-m55', noUnaligned: true });
  expect(String(m55.get('Kconfig'))).toContain('depends on ARMV8_1_M_MVEI\n');
  expect(String(m55.get('CMakeLists.txt'))).toContain('(-O2 -mno-unaligned-access)');
});

test('kernels are optimised in a Debug build of the CMake package', async (context) => {
  skipWithout([cmake], 'the CMake package', context);
  const out = write('cmake-debug', packageFiles(compileC(graph(), { weights: 'c' }), 'cmake'));
  const args = ['-DCMAKE_BUILD_TYPE=Debug', '-DCMAKE_EXPORT_COMPILE_COMMANDS=ON'];
  await run('cmake', ['-S', '.', '-B', 'build', ...args], out);
  expect(readFileSync(join(out, 'build/compile_commands.json'), 'utf8')).toMatch(/ -g +-O2 /);
});

test('weights lie in the section that was asked for', async () => {
  for (const weights of ['c', 'bin'] as const) {
    const program = compileC(graph(), { weights, weightSection: '.extflash' });
    const out = write(`section-${weights}`, program.files);
    const source = weights === 'c' ? 'net_weights.c' : 'net_weights.S';
    await run('cc', ['-I.', '-c', source, '-o', 'w.o'], out);
    expect((await run('objdump', ['-h', 'w.o'], out)).toString()).toContain('.extflash');
  }
  expect(() => compileC(graph(), { weightSection: 'a") evil' })).toThrow(/no section name/);
});
