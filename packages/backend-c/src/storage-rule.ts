import type { Node, StorageRule } from '@ghostc/ir';
import { storageRuleOf } from '@ghostc/ops';
import type { Kernel } from './kernel.ts';

/** What a node asks of memory, with what its kernel allows beyond the op itself. */
export function cStorageRule(node: Node, kernel: Kernel): StorageRule {
  const rule = storageRuleOf(node);
  if (!kernel.inPlace?.(node)) return rule;
  return { kind: 'in-place', inputs: rule.kind === 'in-place' ? [...rule.inputs, 0] : [0] };
}
