/** What a point is judged by, and which way is better. */
export const figures = {
  ram: { goal: 'min', unit: 'bytes' },
  flash: { goal: 'min', unit: 'bytes' },
  instructions: { goal: 'min', unit: '' },
  seconds: { goal: 'min', unit: 's' },
  macs: { goal: 'min', unit: '' },
  sqnr: { goal: 'max', unit: 'dB' },
  accuracy: { goal: 'max', unit: '%' },
} as const satisfies Record<string, { goal: 'min' | 'max'; unit: string }>;

export type Figure = keyof typeof figures;

export const isFigure = (name: unknown): name is Figure =>
  typeof name === 'string' && Object.hasOwn(figures, name);

export const figureNames: readonly Figure[] = Object.keys(figures).filter(isFigure);
