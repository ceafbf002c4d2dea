import type { WgslManifest } from '@ghostc/wgsl-runtime';

/** A global that test suites set, to see every source that is emitted in their process. */
interface Observed {
  readonly ghostcOnShader?: (source: string) => void;
}

/** Shows all sources of a program, variants too, to whoever observes. */
export function showShaders({ modules, variants }: WgslManifest): void {
  const { ghostcOnShader: show } = globalThis as Observed;
  if (!show) return;
  for (const source of Object.values(modules)) show(source);
  for (const { source } of Object.values(variants).flat()) show(source);
}
