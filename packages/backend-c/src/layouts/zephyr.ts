import type { CProgram, Device } from '../c-program.ts';
import { isBuffer } from '../run-parameters.ts';
import { hasSelfTest } from '../self-test/with-self-test.ts';
import { compiledFiles, placeSources } from './place-sources.ts';

/** A Zephyr module: named in ZEPHYR_EXTRA_MODULES or a west manifest, switched on by `CONFIG_<NAME>=y`. */
export function zephyrFiles(program: CProgram): CProgram['files'] {
  return new Map([
    ['zephyr/module.yml', moduleText(program)],
    ['Kconfig', kconfigText(program)],
    ['CMakeLists.txt', listsText(program)],
    ...placeSources(program, { headers: 'include', sources: 'src' }),
  ]);
}

/** The name is what ZEPHYR_<NAME>_MODULE_DIR and other modules' dependencies call it. */
function moduleText(program: CProgram): string {
  const depends = callsCmsisNn(program) ? '  depends:\n    - cmsis-nn\n' : '';
  return `name: ${program.name}\nbuild:\n  cmake: .\n  kconfig: Kconfig\n${depends}`;
}

function callsCmsisNn({ name, files }: CProgram): boolean {
  return /#include [<"]arm_nnfunctions\.h/.test(String(files.get(`${name}.c`)));
}

const withDsp = 'CPU_CORTEX_M4 || CPU_CORTEX_M7 || ARMV8_M_DSP';

/** Instructions that the kernels of a device may be made of. */
const cores: { readonly [D in Device]?: string } = {
  'cortex-m4': withDsp,
  'cortex-m7': withDsp,
  'cortex-m33': withDsp,
  'cortex-m55': 'ARMV8_1_M_MVEI',
  'cortex-m85': 'ARMV8_1_M_MVEI',
};

function kconfigText(program: CProgram): string {
  const { name, arenaBytes, weightBytes, outputs } = program;
  const upper = name.toUpperCase();
  return `config ${upper}
	bool "Neural network ${name}"
${dependencies(program)}	select REQUIRES_FULL_LIBC
	help
	  ${weightBytes} bytes of weights in flash. The caller gives ${arenaBytes} bytes of RAM
	  for the arena, ${outputs.some(isBuffer) ? 'and the buffers of inputs and outputs' : 'which holds inputs and outputs'}.
${hasSelfTest(program) ? selfTestOption(upper) : ''}`;
}

function dependencies(program: CProgram): string {
  const core = cores[program.device];
  const all = [...(core ? [core] : []), ...(callsCmsisNn(program) ? ['CMSIS_NN'] : [])];
  return all.map((one) => `\tdepends on ${one}\n`).join('');
}

function selfTestOption(upper: string): string {
  return `
config ${upper}_SELFTEST
	bool "Self-test of ${upper}"
	depends on ${upper}
	help
	  A function that runs the network on a seeded input and compares its outputs.
`;
}

function listsText(program: CProgram): string {
  const selfTest = `${program.name}_selftest.c`;
  const sources = compiledFiles(program)
    .filter((file) => file !== selfTest)
    .map((file) => `  src/${file}`);
  const upper = program.name.toUpperCase();
  return `if(CONFIG_${upper})
zephyr_library()
zephyr_library_sources(
${sources.join('\n')}
)
${hasSelfTest(program) ? `zephyr_library_sources_ifdef(CONFIG_${upper}_SELFTEST src/${selfTest})\n` : ''}zephyr_library_include_directories(src)
zephyr_include_directories(include)
zephyr_library_compile_options(-O2${program.noUnaligned ? ' -mno-unaligned-access' : ''})
endif()
`;
}
