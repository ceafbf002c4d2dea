import { CompileError } from '@ghostc/ir';
import type { CProgram, CTensor } from '../c-program.ts';
import { cType } from '../c-type.ts';
import { isBuffer } from '../header-text.ts';
import type { PackageFiles } from './package-files.ts';
import { placeSources } from './place-sources.ts';

/**
 * A library as the Arduino library specification 1.5 has it: `library.properties`, everything to compile in `src/`, one
 * example sketch. Its builder knows no `.incbin` paths: the weights must be C.
 */
export function arduinoFiles(program: CProgram): PackageFiles {
  if ([...program.files.keys()].some((file) => file.endsWith('.S')))
    throw new CompileError('backend-c/layout', 'an Arduino library needs its weights as C (--weights c)');
  return new Map([
    ['library.properties', propertiesText(program)],
    [`examples/run/run.ino`, sketchText(program)],
    ...placeSources(program, { headers: 'src', sources: 'src' }),
  ]);
}

function propertiesText({ name, arenaBytes, weightBytes, outputs }: CProgram): string {
  return `name=${name}
version=1.0.0
author=ghostc
maintainer=ghostc
sentence=The neural network ${name} as C without dependencies.
paragraph=${arenaBytes} bytes of RAM ${outputs.some(isBuffer) ? 'beside' : 'with'} inputs and outputs, ${weightBytes} bytes of weights in flash.
category=Data Processing
url=
architectures=*
includes=${name}.h
`;
}

function sketchText(program: CProgram): string {
  const { name, inputs, outputs } = program;
  const upper = name.toUpperCase();
  const declare =
    (kind: string) =>
    ({ dtype, elements, offset }: CTensor, i: number): string =>
      offset === undefined
        ? `static ${cType(dtype)} ${kind}${i}[${elements}] __attribute__((aligned(16)));`
        : `static ${cType(dtype)} *const ${kind}${i} = (${cType(dtype)} *)(arena + ${offset});`;
  const buffers = [
    ...inputs.filter(isBuffer).map((_, i) => `in${i}`),
    ...outputs.filter(isBuffer).map((_, i) => `out${i}`),
  ];
  return `#include <${name}.h>

static unsigned char arena[${upper}_ARENA_SIZE] __attribute__((aligned(${upper}_ARENA_ALIGN)));
${[...inputs.map(declare('in')), ...outputs.map(declare('out'))].join('\n')}

void setup() { Serial.begin(115200); }

void loop() {
  /* Fill in0 here${inputs.every(isBuffer) ? '' : ': a run overwrites it'}. */
  const unsigned long start = micros();
  const int status = ${name}_run(${['arena', ...buffers].join(', ')});
  Serial.print(status == ${upper}_OK ? "microseconds: " : "failed after microseconds: ");
  Serial.println(micros() - start);
  delay(1000);
}
`;
}
