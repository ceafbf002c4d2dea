import type { Node } from '@ghostc/ir';
import { attrsOf, fusedGhostModule } from '@ghostc/ops';
import { epilogueOf } from '../../epilogue.ts';
import { calledLike } from '../../text/element-function.ts';

/** The text that applies a part's activation to four sums of one channel. */
type Applied = (sum: string, channel: string) => string;

/** What a fused Ghost module applies to its sums. */
export interface GhostActivations {
  readonly key: string;
  readonly functions: readonly string[];
  readonly floats: Readonly<Record<string, number>>;
  readonly applied: { readonly primary: Applied; readonly cheap: Applied };
}

/** PReLU: the slope is one of the channel. */
const sloped = `fn sloped(x: vec4f, slope: f32) -> vec4f {
return select(x, slope * x, x < vec4f(0.0));
}`;

/** One function where both parts have the same activation; slopes come after it. Parameters: S_AT, CS_AT (vec4s). */
export function ghostActivations(node: Node): GhostActivations {
  const { cheap, ...plain } = functionsOf(node);
  const [primarySlope, cheapSlope] = [node.inputs[7], node.inputs[8]];
  const slopes = [...(primarySlope ? ['slope'] : []), ...(cheapSlope ? ['cheap_slope'] : [])];
  return {
    key: [plain.key, ...slopes].join('_'),
    functions: [...plain.functions, ...(slopes.length ? [sloped] : [])],
    floats: plain.floats,
    applied: {
      primary: primarySlope ? withSlope('apply', 'S_AT') : (sum) => `apply(${sum})`,
      cheap: cheapSlope ? withSlope(cheap, 'CS_AT') : (sum) => `${cheap}(${sum})`,
    },
  };
}

const withSlope =
  (name: string, at: string): Applied =>
  (sum, channel) =>
    `sloped(${name}(${sum}), weights[${at} + (${channel}) / 4][(${channel}) % 4])`;

function functionsOf(node: Node): Omit<GhostActivations, 'applied'> & { readonly cheap: string } {
  const { cheap_activation: activation, cheap_activation_params } = attrsOf(fusedGhostModule, node);
  const primary = epilogueOf(node.attrs, 'vec4f');
  const cheap = epilogueOf({ activation, activation_params: cheap_activation_params }, 'vec4f');
  const same =
    primary.key === cheap.key && Object.values(primary.floats).join() === Object.values(cheap.floats).join();
  if (same) return { ...primary, functions: [primary.text], cheap: 'apply' };
  const second = calledLike(cheap, 'cheap');
  return {
    key: `${primary.key}_${cheap.key}`,
    functions: [primary.text, second.text],
    floats: { ...primary.floats, ...second.floats },
    cheap: second.name,
  };
}
