import { checkSignature, type ProgramFacts } from './header-text.ts';
import { indent } from './text/indent.ts';

/** CRC-32 four bits at a time: a table of 64 bytes, 2 steps a byte. */
export function checkFunction(facts: ProgramFacts): string {
  const upper = facts.name.toUpperCase();
  return indent([
    `int ${checkSignature(facts)}`,
    '{',
    `static const uint32_t table[16] = { ${steps().join(', ')} };`,
    'const unsigned char *bytes = (const unsigned char *)weights;',
    'uint32_t crc = 0xffffffffu;',
    'if (weights == NULL) {',
    `return ${upper}_E_NULL;`,
    '}',
    'if (((uintptr_t)weights & 15u) != 0u) {',
    `return ${upper}_E_ALIGN;`,
    '}',
    `if (size != ${upper}_WEIGHTS_SIZE) {`,
    `return ${upper}_E_WEIGHTS;`,
    '}',
    'for (size_t i = 0; i < size; i++) {',
    'crc ^= bytes[i];',
    'crc = table[crc & 15u] ^ (crc >> 4);',
    'crc = table[crc & 15u] ^ (crc >> 4);',
    '}',
    `return (crc ^ 0xffffffffu) == ${upper}_WEIGHTS_CRC32 ? ${upper}_OK : ${upper}_E_WEIGHTS;`,
    '}',
  ]);
}

/** Four steps of the division by the reflected polynomial, by their remainder. */
function steps(): string[] {
  return Array.from({ length: 16 }, (_, nibble) => {
    let rest = nibble;
    for (let bit = 0; bit < 4; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
    return `0x${(rest >>> 0).toString(16).padStart(8, '0')}u`;
  });
}
