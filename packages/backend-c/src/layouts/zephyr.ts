import type { CProgram } from '../c-program.ts';
import { isBuffer } from '../header-text.ts';
import { hasSelfTest } from '../self-test/with-self-test.ts';
import { compiledFiles, placeSources } from './place-sources.ts';

/** A Zephyr module: named in ZEPHYR_EXTRA_MODULES or a west manifest, switched on by `CONFIG_<NAME>=y`. */
export function zephyrFiles(program: CProgram): CProgram['files'] {
  return new Map([
    ['zephyr/module.yml', 'build:\n  cmake: .\n  kconfig: Kconfig\n'],
    ['Kconfig', kconfigText(program)],
    ['CMakeLists.txt', listsText(program)],
    ...placeSources(program, { headers: 'include', sources: 'src' }),
  ]);
}

function kconfigText(program: CProgram): string {
  const { name, arenaBytes, weightBytes, outputs } = program;
  const upper = name.toUpperCase();
  return `config ${upper}
	bool "Neural network ${name}"
	help
	  ${weightBytes} bytes of weights in flash. The caller gives ${arenaBytes} bytes of RAM
	  for the arena, ${outputs.some(isBuffer) ? 'and the buffers of inputs and outputs' : 'which holds inputs and outputs'}.
${hasSelfTest(program) ? selfTestOption(upper) : ''}`;
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
zephyr_library_compile_options(-O2)
endif()
`;
}
