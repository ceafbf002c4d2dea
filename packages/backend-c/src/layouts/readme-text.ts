import type { CProgram, CTensor } from '../c-program.ts';
import { cType } from '../c-type.ts';
import { runParameters } from '../run-parameters.ts';
import { packageFacts } from './package-facts.ts';

/** `README.md` of a package, which registries and their linters ask for: how to call it, and with what. */
export function readmeText(program: CProgram): string {
  const { name, inputs, outputs } = program;
  const { sentence, paragraph } = packageFacts(program);
  const upper = name.toUpperCase();
  const args = runParameters(program).map((parameter) => parameter.name);
  return `# ${name}

${sentence} ${paragraph}

\`\`\`c
#include "${name}.h"

static unsigned char arena[${upper}_ARENA_SIZE] __attribute__((aligned(${upper}_ARENA_ALIGN)));

int status = ${name}_run(${args.join(', ')}); /* 0 is ${upper}_OK */
\`\`\`

The header says what each argument is. Values are row-major, images NCHW.

|        | name | type | shape |
| ------ | ---- | ---- | ----- |
${[...inputs.map(row('input')), ...outputs.map(row('output'))].join('\n')}
`;
}

const row =
  (kind: string) =>
  ({ name, dtype, shape }: CTensor): string =>
    `| ${kind} | \`${name}\` | \`${cType(dtype)}\` | ${shape.join(' x ') || 'one number'} |`;
