import { CompileError, type Node, type Value } from '@ghostc/ir';
import { lookup, withDefaults } from '@ghostc/ops';
import { any, constant, type OpPattern, op, type Pattern, type RootPattern, roots, same } from './pattern.ts';

/**
 * The pattern of selected nodes: their ops, attributes and connections. External inputs match any value,
 * constants any constant, under their own names; nodes are captured by the names of their first outputs.
 * Nodes that no other selected node reads are the roots. Throws `rule/selection` for no nodes, and for roots
 * that have nothing in common.
 */
export function patternOf(nodes: Iterable<Node>): RootPattern<Readonly<Record<string, Value | Node>>> {
  const selected = new Set(nodes);
  const ends = [...selected].filter(({ outputs }) =>
    outputs.every(({ users }) => [...users].every((user) => !selected.has(user))),
  );
  const seen = new Set<Node>();
  const [first, second, ...more] = ends.map((node) => nodePattern(node, { selected, seen }));
  if (!first) throw new CompileError('rule/selection', 'expected nodes to make a pattern of, found none');
  const whole = second ? roots(first, second, ...more) : first;
  // the names come from this graph, so the types cannot include them
  return whole as RootPattern as RootPattern<Readonly<Record<string, Value | Node>>>;
}

interface Selection {
  readonly selected: ReadonlySet<Node>;
  /** Nodes that part of the pattern already captures. */
  readonly seen: Set<Node>;
}

function nodePattern(node: Node, selection: Selection): OpPattern<unknown> {
  selection.seen.add(node);
  const inputs = node.inputs.map((value) => inputPattern(value, selection));
  const specs = lookup(node.op).attrs;
  const wanted = JSON.stringify(sorted(withDefaults(specs, node.attrs)));
  return op(node.op, ...inputs)
    .where((attrs) => JSON.stringify(sorted(attrs)) === wanted)
    .anyEpilogue()
    .as(node.output.name);
}

function inputPattern(value: Value | null, selection: Selection): Pattern {
  if (!value) return { kind: 'absent' };
  const { producer } = value;
  if (!producer || !selection.selected.has(producer))
    return value.constant ? constant(value.name) : any(value.name);
  if (selection.seen.has(producer) && producer.outputs.length === 1) return same(producer.output.name);
  return nodePattern(producer, selection).output(producer.outputs.indexOf(value));
}

function sorted(attrs: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(attrs).sort(([a], [b]) => (a < b ? -1 : 1));
}
