import { CompileError } from '@ghostc/ir';
import type { CProgram, CTensor, Device } from '../c-program.ts';
import { cType } from '../c-type.ts';
import { isBuffer } from '../run-parameters.ts';
import { hasSelfTest } from '../self-test/with-self-test.ts';
import { bufferArguments } from './buffer-arguments.ts';
import { expectPlainC, packageFacts } from './package-facts.ts';
import { placeSources } from './place-sources.ts';
import { readmeText } from './readme-text.ts';

/**
 * A library as the Arduino library specification 1.5 has it: `library.properties`, everything to compile in `src/`, one
 * example sketch. Its builder knows no `.incbin` paths: the weights must be C.
 */
export function arduinoFiles(program: CProgram): CProgram['files'] {
  expectPlainC(program, 'an Arduino library');
  return new Map([
    ['library.properties', propertiesText(program)],
    ['README.md', readmeText(program)],
    ['examples/run/run.ino', sketchText(program)],
    ...(hasSelfTest(program) ? [selfTestSketch(program)] : []),
    ...placeSources(program, { headers: 'src', sources: 'src' }),
  ]);
}

/** Cores of Arduino by the names of their platforms, whose C has an int of 32 bits: no AVR, no megaAVR. */
const wide = ['esp32', 'esp8266', 'mbed_rp2040', 'rp2040', 'sam', 'samd', 'zephyr'];
/** Platforms of boards with a Cortex-M4, M7 or M33. On a board that has none of these the code does not compile (`#error`). */
const withDsp = [
  ...['mbed', 'mbed_edge', 'mbed_giga', 'mbed_nano', 'mbed_nicla', 'mbed_opta', 'mbed_portenta'],
  ...['nrf52', 'renesas_portenta', 'renesas_uno', 'stm32'],
];

function architectures(device: Device): readonly string[] {
  if (device === 'cortex-m4' || device === 'cortex-m7' || device === 'cortex-m33') return withDsp;
  if (device !== 'cortex-m55' && device !== 'cortex-m85') return [...wide, ...withDsp].sort();
  throw new CompileError(
    'backend-c/layout',
    `no core of Arduino that we know has Helium, which ${device} needs; expected another device or layout`,
  );
}

/** The Library Manager takes no name that starts with `arduino`, and no field that is empty. */
function libraryName(name: string): string {
  return name.startsWith('arduino') ? `ghostc_${name}` : name;
}

function propertiesText(program: CProgram): string {
  const { name, device } = program;
  const { version, sentence, paragraph, url } = packageFacts(program);
  return `# url, author and maintainer are yours to fill in
name=${libraryName(name)}
version=${version}
author=ghostc
maintainer=ghostc
sentence=${sentence}
paragraph=${paragraph}
category=Data Processing
url=${url}
architectures=${architectures(device).join(',')}
includes=${name}.h
`;
}

/** Arena and buffers. */
function memoryText({ name, inputs, outputs }: CProgram): string {
  const upper = name.toUpperCase();
  const declare =
    (kind: string) =>
    ({ dtype, elements, offset }: CTensor, i: number): string =>
      offset === undefined
        ? `static ${cType(dtype)} ${kind}${i}[${elements}] __attribute__((aligned(16)));`
        : `static ${cType(dtype)} *const ${kind}${i} = (${cType(dtype)} *)(arena + ${offset});`;
  return `static unsigned char arena[${upper}_ARENA_SIZE] __attribute__((aligned(${upper}_ARENA_ALIGN)));
${[...inputs.map(declare('in')), ...outputs.map(declare('out'))].join('\n')}
`;
}

function sketchText(program: CProgram): string {
  const { name, inputs } = program;
  return `#include <${name}.h>

${memoryText(program)}
void setup() { Serial.begin(115200); }

void loop() {
  /* Fill in0 here${inputs.every(isBuffer) ? '' : ': a run overwrites it'}. */
  const unsigned long start = micros();
  const int status = ${name}_run(${bufferArguments(program, ['arena']).join(', ')});
  Serial.print(status == ${name.toUpperCase()}_OK ? "microseconds: " : "failed after microseconds: ");
  Serial.println(micros() - start);
  delay(1000);
}
`;
}

function selfTestSketch(program: CProgram): [string, string] {
  const { name } = program;
  const text = `#include <${name}.h>
#include <${name}_selftest.h>

${memoryText(program)}
void setup() { Serial.begin(115200); }

void loop() {
  const int wrong = ${name}_selftest(${bufferArguments(program, ['arena']).join(', ')});
  Serial.print("${name}: ");
  Serial.println(wrong == 0 ? "OK" : "FAILED");
  delay(1000);
}
`;
  return ['examples/selftest/selftest.ino', text];
}
