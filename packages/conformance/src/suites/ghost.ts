import { suite } from '../suite.ts';

interface Ghost {
  readonly inp: number;
  readonly oup: number;
  readonly ratio?: number;
  readonly kernel?: number;
  readonly dw?: number;
  readonly stride?: number;
  readonly act?: string;
  /** The same as `act` if absent. */
  readonly cheapAct?: string;
  readonly size?: number;
}

/** A folded Ghost module of the given shape on a square image. */
function ghost({
  inp,
  oup,
  ratio = 2,
  kernel = 1,
  dw = 3,
  stride = 1,
  act = 'relu',
  cheapAct = act,
  size = 8,
}: Ghost): string {
  const init = Math.ceil(oup / ratio);
  const cheap = oup - init;
  return [
    `graph @ghost(%x: f32[1,${inp},${size},${size}])`,
    `  const %pw: f32[${init},${inp},${kernel},${kernel}] = random(1)`,
    `  const %pb: f32[${init}] = random(2)`,
    ...(cheap
      ? [`  const %cw: f32[${cheap},1,${dw},${dw}] = random(3)`, `  const %cb: f32[${cheap}] = random(4)`]
      : []),
    `  %y = ghost_module %x, %pw, %pb${cheap ? ', %cw, %cb' : ''} {oup=${oup}, ratio=${ratio}, kernel_size=${kernel}, dw_size=${dw}, stride=${stride}, activation="${act}", cheap_activation="${cheapAct}"}`,
    '  return %y',
  ].join('\n');
}

export const ghostSuite = suite('ghost', {
  seed: ghost({ inp: 3, oup: 64, size: 16 }),
  'odd-61': ghost({ inp: 16, oup: 61 }),
  'one-channel': ghost({ inp: 16, oup: 1 }),
  'ratio-3': ghost({ inp: 8, oup: 24, ratio: 3 }),
  'ratio-3-odd': ghost({ inp: 8, oup: 61, ratio: 3 }),
  'ratio-4-odd': ghost({ inp: 8, oup: 61, ratio: 4 }),
  'kernel-3-stride-2': ghost({ inp: 4, oup: 10, kernel: 3, stride: 2, size: 9 }),
  'dw-5': ghost({ inp: 4, oup: 12, dw: 5 }),
  'no-relu': ghost({ inp: 4, oup: 12, act: 'none' }),
  gelu: ghost({ inp: 4, oup: 12, act: 'gelu' }),
  'two-activations': ghost({ inp: 4, oup: 11, dw: 5, act: 'silu', cheapAct: 'mish' }),
  'no-cheap-activation': ghost({ inp: 4, oup: 12, act: 'hard_swish', cheapAct: 'none' }),
  chained: `graph @two(%x: f32[1,4,6,6])
  const %a: f32[3,4,1,1] = random(1)
  const %b: f32[3,1,3,3] = random(2)
  const %c: f32[2,6,1,1] = random(3)
  const %d: f32[2,1,3,3] = random(4)
  %0 = ghost_module %x, %a, _, %b {oup=6, activation="relu", cheap_activation="relu"}
  %1 = ghost_module %0, %c, _, %d {oup=4}
  %2 = add %1, %x
  return %2`,
  'dfc-attention': `graph @dfc(%x: f32[1,3,9,7], %f: f32[1,4,9,7])
  const %a: f32[4,3,1,1] = random(1)
  const %b: f32[4] = random(2)
  const %c: f32[4,1,1,5] = random(3)
  const %d: f32[4] = random(4)
  const %e: f32[4,1,5,1] = random(5)
  %0 = dfc_attention %x, %f, %a, %b, %c, %d, %e
  return %0`,
  'squeeze-excite': `graph @se(%x: f32[1,8,5,5])
  const %a: f32[2,8,1,1] = random(1)
  const %b: f32[2] = random(2)
  const %c: f32[8,2,1,1] = random(3)
  const %d: f32[8] = random(4)
  %0 = squeeze_excite %x, %a, %b, %c, %d
  return %0`,
});
