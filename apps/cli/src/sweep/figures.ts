/** What a point is judged by, and which way is better. */
export const figures = {
  ram: { goal: 'min', unit: 'bytes' },
  flash: { goal: 'min', unit: 'bytes' },
  instructions: { goal: 'min', unit: '' },
  seconds: { goal: 'min', unit: 's' },
  macs: { goal: 'min', unit: '' },
  sqnr: { goal: 'max', unit: 'dB' },
} as const satisfies Record<string, { goal: 'min' | 'max'; unit: string }>;

export type Figure = keyof typeof figures;
export const figureNames = Object.keys(figures) as Figure[];
