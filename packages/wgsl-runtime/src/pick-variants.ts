import type { Requirement, WgslManifest } from './manifest.ts';

/** What an adapter and its WGSL implementation offer. */
export type Offers = (requirement: Requirement) => boolean;

export function offersOf(device: GPUDevice, gpu?: GPU): Offers {
  const language = gpu ?? globalThis.navigator?.gpu;
  return (requirement) =>
    device.features.has(requirement) || !!language?.wgslLanguageFeatures?.has(requirement);
}

/** The source to compile for each module: the first variant whose needs are met, else the plain one. */
export function pickVariants({ modules, variants }: WgslManifest, offers: Offers): Record<string, string> {
  const pick = (id: string, plain: string): string =>
    variants[id]?.find(({ requires }) => requires.every(offers))?.source ?? plain;
  return Object.fromEntries(Object.entries(modules).map(([id, source]) => [id, pick(id, source)]));
}
