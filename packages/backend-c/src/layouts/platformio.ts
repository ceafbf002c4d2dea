import type { CProgram } from '../c-program.ts';
import { expectPlainC, packageFacts } from './package-facts.ts';
import { placeSources } from './place-sources.ts';
import { readmeText } from './readme-text.ts';

/** A library of PlatformIO: in a project's `lib`, or named in its `lib_deps`. */
export function platformioFiles(program: CProgram): CProgram['files'] {
  expectPlainC(program, 'a PlatformIO library');
  return new Map([
    ['library.json', manifestText(program)],
    ['README.md', readmeText(program)],
    ...placeSources(program, { headers: 'include', sources: 'src' }),
  ]);
}

function manifestText(program: CProgram): string {
  const { version, sentence, paragraph, url } = packageFacts(program);
  const manifest = {
    name: program.name,
    version,
    description: `${sentence} ${paragraph}`,
    keywords: ['neural network', 'inference'],
    homepage: url,
    frameworks: '*',
    platforms: '*',
    headers: `${program.name}.h`,
    build: { includeDir: 'include', srcDir: 'src', flags: '-O2' },
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
