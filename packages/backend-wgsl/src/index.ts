export { type EmitWgslOptions, emitWgsl, maxBindingBytes } from './emit-wgsl.ts';
export { ioTensor } from './io-tensor.ts';
export { type FusingOptions, fusesGhost } from './kernels/ghost/fused-ghost-module.ts';
export { ghostKey, ghostSizesOf, hasWholePlanes } from './kernels/ghost/ghost-sizes.ts';
export { ghostTiles, isGhostTile } from './kernels/ghost/ghost-tiles.ts';
export { planWgsl, type WgslPlan } from './plan-wgsl.ts';
export {
  type BlockShape,
  blockShapes,
  type GhostForm,
  type GhostTile,
  type TunableLayer,
  type Tuning,
} from './tuning.ts';
