import type { CProgram, Device } from '../c-program.ts';
import { forDevice, packageFacts } from './package-facts.ts';
import { compiledFiles, placeSources } from './place-sources.ts';

const VENDOR = 'ghostc';

/** A CMSIS-Pack, to be zipped as `ghostc.<name>.1.0.0.pack`, or added by its folder: `cpackget add ghostc.<name>.pdsc`. */
export function cmsisPackFiles(program: CProgram): CProgram['files'] {
  return new Map([
    [`${VENDOR}.${program.name}.pdsc`, descriptionText(program)],
    ...placeSources(program, { headers: 'include', sources: 'src' }),
  ]);
}

const withDsp =
  '<accept Dcore="Cortex-M4"/>|<accept Dcore="Cortex-M7"/>|<accept Dcore="Cortex-M33" Ddsp="DSP"/>|<accept Dcore="Cortex-M35P" Ddsp="DSP"/>|<accept Dcore="Cortex-M55"/>|<accept Dcore="Cortex-M85"/>';
const withHelium =
  '<accept Dcore="Cortex-M52" Dmve="FP_MVE"/>|<accept Dcore="Cortex-M55" Dmve="FP_MVE"/>|<accept Dcore="Cortex-M85" Dmve="FP_MVE"/>';

/** Cores whose instructions a device's code is made of, as rules of a condition; none: all. */
const cores: { readonly [D in Device]?: string } = {
  host: '',
  'cortex-m0plus': '',
  'cortex-m3': '',
  'cortex-m4': withDsp,
  'cortex-m7': withDsp,
  'cortex-m33': withDsp,
  'cortex-m55': withHelium,
  'cortex-m85': '<accept Dcore="Cortex-M85" Dmve="FP_MVE"/>',
};

function descriptionText(program: CProgram): string {
  const { name, device } = program;
  const { version, sentence, paragraph, url } = packageFacts(program);
  const rules = forDevice(cores, device, 'a CMSIS-Pack').split('|').filter(Boolean);
  const condition = rules.length
    ? `
  <conditions>
    <condition id="core">
      <description>Cores with the instructions of ${device}</description>
${rules.map((rule) => `      ${rule}`).join('\n')}
    </condition>
  </conditions>`
    : '';
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- vendor and url are yours to fill in -->
<package schemaVersion="1.7.7" xmlns:xs="http://www.w3.org/2001/XMLSchema-instance" xs:noNamespaceSchemaLocation="PACK.xsd">
  <vendor>${VENDOR}</vendor>
  <name>${name}</name>
  <description>${sentence}</description>
  <url>${url}/</url>
  <releases>
    <release version="${version}">Made by ghostc</release>
  </releases>${condition}
  <components>
    <component Cclass="Machine Learning" Cgroup="Networks" Csub="${name}" Cversion="${version}"${rules.length ? ' condition="core"' : ''}>
      <description>${paragraph}</description>
      <files>
        <file category="include" name="include/"/>
${filesOf(program).join('\n')}
      </files>
    </component>
  </components>
</package>
`;
}

function filesOf(program: CProgram): string[] {
  const compiled = compiledFiles(program);
  const others = [...program.files.keys()].filter((file) => !compiled.includes(file));
  return [
    ...compiled.map(
      (file) =>
        `        <file category="${file.endsWith('.S') ? 'sourceAsm' : 'sourceC'}" name="src/${file}"/>`,
    ),
    ...others.map((file) =>
      file.endsWith('.h')
        ? `        <file category="header" name="include/${file}"/>`
        : `        <file category="other" name="src/${file}"/>`,
    ),
  ];
}
