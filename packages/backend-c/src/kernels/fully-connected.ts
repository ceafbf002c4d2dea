import { activated, activationOf } from '../activation-text.ts';
import type { Emit, KernelCall, KernelContext } from '../kernel.ts';
import type { Lanes } from '../lanes.ts';
import { loop } from '../text/loops.ts';
import { range } from '../text/range.ts';
import { input, shapeOf, weightData } from './operands.ts';
import { weightedCall } from './weighted-call.ts';

export const fullyConnected: Emit = (context) => {
  const [rows = 1, inner = 1] = shapeOf(input(context.node, 0));
  return denseCall(context, { rows, inner, outputs: shapeOf(context.node.output)[1] ?? 1 });
};

interface Dense {
  readonly rows: number;
  readonly inner: number;
  readonly outputs: number;
}

/** y[n][m] = act(b[m] + sum_k w[m][k] * x[n][k] (+ r[n][m])): dot products, four outputs at a time. */
export function denseCall(context: KernelContext, dense: Dense): KernelCall {
  return weightedCall(context, {
    hint: `dense_${dense.inner}_${dense.outputs}`,
    body: denseBody(context, dense),
    weight: weightData(context.node, 1),
    channels: dense.outputs,
  });
}

function denseBody(context: KernelContext, dense: Dense): string[] {
  const { rows, inner, outputs } = dense;
  const whole = outputs - (outputs % 4);
  const body = [
    ...(whole ? [`for (int m = 0; m < ${whole}; m += 4) {`, ...dots(context, dense, 4), '}'] : []),
    ...(outputs % 4
      ? [`for (int m = ${whole}; m < ${outputs}; m++) {`, ...dots(context, dense, 1), '}']
      : []),
  ];
  if (rows === 1) return body;
  const residual = context.node.inputs[3] ? [`r += ${outputs};`] : [];
  return loop('n', rows, [...body, `x += ${inner};`, `y += ${outputs};`, ...residual]);
}

function dots({ node, lanes }: KernelContext, { inner }: Dense, count: number): string[] {
  const act = activationOf(node);
  const residual = node.inputs[3] ? (i: number) => ` + r[m + ${i}]` : () => '';
  return [
    `const float *wm = w + m * ${inner};`,
    ...(lanes.vector ? vectorDots(lanes, inner, count) : scalarDots(inner, count)),
    ...range(count).flatMap((i) => [
      `const float v${i} = s${i} + b[m + ${i}]${residual(i)};`,
      `y[m + ${i}] = ${activated(act, `v${i}`)};`,
    ]),
  ];
}

function vectorDots(lanes: Lanes, inner: number, count: number): string[] {
  const rest = range(count).map((i) => `s${i} += wm[${i * inner} + k] * x[k];`);
  return [
    ...range(count).map((i) => `${lanes.type} a${i} = SPLAT(0.0f);`),
    'int k = 0;',
    `for (; k + LANES <= ${inner}; k += LANES) {`,
    'const vecf xk = LOAD(x + k);',
    ...range(count).map((i) => `a${i} += LOAD(wm + ${i * inner} + k) * xk;`),
    '}',
    ...range(count).map((i) => `float s${i} = lane_sum(a${i});`),
    `for (; k < ${inner}; k++) {`,
    ...rest,
    '}',
  ];
}

/** Unrolled by four. */
function scalarDots(inner: number, count: number): string[] {
  const whole = inner - (inner % 4);
  const term = (i: number, k: string): string => `s${i} += wm[${i * inner} + ${k}] * x[${k}];`;
  return [
    ...range(count).map((i) => `float s${i} = 0.0f;`),
    ...(whole
      ? [
          `for (int k = 0; k < ${whole}; k += 4) {`,
          ...range(4).flatMap((u) => range(count).map((i) => term(i, u ? `k + ${u}` : 'k'))),
          '}',
        ]
      : []),
    ...(inner % 4
      ? [`for (int k = ${whole}; k < ${inner}; k++) {`, ...range(count).map((i) => term(i, 'k')), '}']
      : []),
  ];
}
