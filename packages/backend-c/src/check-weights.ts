import { checkSignature, crcSignature, type ProgramFacts } from './header-text.ts';
import { indent } from './text/indent.ts';

/** The function that compares weights that are no part of the program with the header's CRC-32. */
export function checkFunction(facts: ProgramFacts): string {
  const { name, form } = facts;
  const upper = name.toUpperCase();
  return indent([
    ...crcFunction(crcSignature(name)),
    '',
    `int ${checkSignature(facts)}`,
    '{',
    'uint32_t crc = 0;',
    `if (weights == NULL${form === 'fetch' ? ' || fetch == NULL' : ''}) {`,
    `return ${upper}_E_NULL;`,
    '}',
    'if (((uintptr_t)weights & 15u) != 0u) {',
    `return ${upper}_E_ALIGN;`,
    '}',
    ...(form === 'fetch' ? fetchedCrc(name) : givenCrc(name)),
    `return crc == ${upper}_WEIGHTS_CRC32 ? ${upper}_OK : ${upper}_E_WEIGHTS;`,
    '}',
  ]);
}

function givenCrc(name: string): string[] {
  const upper = name.toUpperCase();
  return [
    `if (size != ${upper}_WEIGHTS_SIZE) {`,
    `return ${upper}_E_WEIGHTS;`,
    '}',
    `crc = ${name}_crc32(0, (const unsigned char *)weights, size);`,
  ];
}

/** As much at a time as the buffer holds. */
function fetchedCrc(name: string): string[] {
  const upper = name.toUpperCase();
  return [
    `for (size_t at = 0; at < ${upper}_WEIGHTS_SIZE; at += ${upper}_FETCH_SIZE) {`,
    `const size_t left = ${upper}_WEIGHTS_SIZE - at;`,
    `const size_t count = left < ${upper}_FETCH_SIZE ? left : ${upper}_FETCH_SIZE;`,
    'if (fetch(source, at, count, weights) != 0 || fetch(source, 0, 0, NULL) != 0) {',
    `return ${upper}_E_FETCH;`,
    '}',
    `crc = ${name}_crc32(crc, (const unsigned char *)weights, count);`,
    '}',
  ];
}

/** CRC-32 four bits at a time: a table of 64 bytes, 2 steps a byte. `crc` is that of the bytes before, 0 of none. */
export function crcFunction(signature: string): string[] {
  return [
    signature,
    '{',
    `static const uint32_t table[16] = { ${steps().join(', ')} };`,
    'crc = ~crc;',
    'for (size_t i = 0; i < size; i++) {',
    'crc ^= bytes[i];',
    'crc = table[crc & 15u] ^ (crc >> 4);',
    'crc = table[crc & 15u] ^ (crc >> 4);',
    '}',
    'return ~crc;',
    '}',
  ];
}

/** Four steps of the division by the reflected polynomial, by their remainder. */
function steps(): string[] {
  return Array.from({ length: 16 }, (_, nibble) => {
    let rest = nibble;
    for (let bit = 0; bit < 4; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
    return `0x${(rest >>> 0).toString(16).padStart(8, '0')}u`;
  });
}
