import type { CProgram } from '../c-program.ts';
import { isBuffer } from '../header-text.ts';
import type { PackageFiles } from './package-files.ts';
import { compiledFiles, placeSources } from './place-sources.ts';

/** A Zephyr module: named in ZEPHYR_EXTRA_MODULES or a west manifest, switched on by `CONFIG_<NAME>=y`. */
export function zephyrFiles(program: CProgram): PackageFiles {
  return new Map([
    ['zephyr/module.yml', 'build:\n  cmake: .\n  kconfig: Kconfig\n'],
    ['Kconfig', kconfigText(program)],
    ['CMakeLists.txt', listsText(program)],
    ...placeSources(program, { headers: 'include', sources: 'src' }),
  ]);
}

function kconfigText({ name, arenaBytes, weightBytes, outputs }: CProgram): string {
  return `config ${name.toUpperCase()}
	bool "Neural network ${name}"
	help
	  ${weightBytes} bytes of weights in flash. The caller gives ${arenaBytes} bytes of RAM
	  for the arena, ${outputs.some(isBuffer) ? 'and the buffers of inputs and outputs' : 'which holds inputs and outputs'}.
`;
}

function listsText(program: CProgram): string {
  const sources = compiledFiles(program).map((file) => `  src/${file}`);
  return `if(CONFIG_${program.name.toUpperCase()})
zephyr_library()
zephyr_library_sources(
${sources.join('\n')}
)
zephyr_library_include_directories(src)
zephyr_include_directories(include)
zephyr_library_compile_options(-O2)
endif()
`;
}
