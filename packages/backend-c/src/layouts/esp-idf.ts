import type { CProgram, Device } from '../c-program.ts';
import { forDevice, packageFacts } from './package-facts.ts';
import { compiledFiles, placeSources } from './place-sources.ts';
import { readmeText } from './readme-text.ts';

/** A component of ESP-IDF: in a project's `components`, or named in its `idf_component.yml` by `path`. */
export function espIdfFiles(program: CProgram): CProgram['files'] {
  return new Map([
    ['idf_component.yml', manifestText(program)],
    ['README.md', readmeText(program)],
    ['CMakeLists.txt', listsText(program)],
    ...placeSources(program, { headers: 'include', sources: 'src' }),
  ]);
}

/** Chips that run a device's code; none: all. */
const chips: { readonly [D in Device]?: readonly string[] } = {
  host: [],
  rv32: ['esp32p4'],
  rv32imc: ['esp32c2', 'esp32c3', 'esp32c5', 'esp32c6', 'esp32h2', 'esp32p4'],
};

function manifestText(program: CProgram): string {
  const { version, sentence, paragraph, url } = packageFacts(program);
  const targets = forDevice(chips, program.device, 'a component of ESP-IDF');
  return `# the url is yours to fill in
version: "${version}"
description: ${sentence} ${paragraph}
url: ${url}
${targets.length ? `targets:\n${targets.map((chip) => `  - ${chip}\n`).join('')}` : ''}dependencies:
  idf: ">=5.0"
`;
}

function listsText(program: CProgram): string {
  const sources = compiledFiles(program).map((file) => `    "src/${file}"`);
  return `idf_component_register(
  SRCS
${sources.join('\n')}
  INCLUDE_DIRS "include"
  PRIV_INCLUDE_DIRS "src"
)
# kernels without optimisation take several times as long and more stack
target_compile_options(\${COMPONENT_LIB} PRIVATE -O2)
`;
}
