// Written by `npm run bench:mcu -- costs --update`.
export const instructionCosts: Record<
  'cortex-m0plus' | 'cortex-m4' | 'cortex-m55' | 'rv32imafc' | 'rv32imc',
  Record<string, number[]>
> = { 'cortex-m0plus': {}, 'cortex-m4': {}, 'cortex-m55': {}, rv32imafc: {}, rv32imc: {} };
