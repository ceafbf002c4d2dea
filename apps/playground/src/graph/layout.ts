import type { EdgeEnd, GraphData } from '@ghostc/compiler';
import type { ELK, ElkNode } from 'elkjs/lib/elk-api';
import type { Groups } from './ghost-groups.ts';

/** A box of the picture; boxes with `title` and no node are groups. */
export interface Box {
  readonly id: string;
  readonly title: string;
  readonly subtitle: string;
  readonly kind: 'node' | 'group' | 'end';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Line {
  readonly id: string;
  /** Of an SVG path. */
  readonly path: string;
  readonly top: number;
  readonly bottom: number;
}

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
}

const options = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.layered.spacing.nodeNodeBetweenLayers': '28',
  'elk.layered.thoroughness': '1',
  'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF',
  'elk.layered.crossingMinimization.greedySwitch.type': 'OFF',
  'elk.json.edgeCoords': 'ROOT',
};

let elk: Promise<ELK> | undefined;

/** The layout engine in a separate worker, loaded when the first graph is drawn. */
function engine(): Promise<ELK> {
  elk ??= (async () => {
    const [{ default: Elk }, { default: workerUrl }] = await Promise.all([
      import('elkjs/lib/elk-api'),
      import('elkjs/lib/elk-worker.min.js?url'),
    ]);
    return new Elk({ workerUrl });
  })();
  return elk;
}

/** Loads the layout engine, and lets the browser compile it, while a model is being read. */
export async function warmUp(): Promise<void> {
  const children = Array.from({ length: 60 }, (_, i) => ({ id: `${i}`, width: 80, height: 24 }));
  const edges = children
    .slice(1)
    .map((_, i) => ({ id: `e${i}`, sources: [`${i >> 1}`], targets: [`${i + 1}`] }));
  await (await engine()).layout({ id: 'root', children, edges }, { layoutOptions: options });
}

/** Where everything goes. */
export async function layOut(graph: GraphData, groups: Groups = new Map()): Promise<Drawing> {
  const texts = new Map<string, Pick<Box, 'title' | 'subtitle' | 'kind'>>();
  const elk = await engine();
  await nextTask();
  const start = performance.now();
  const root = await elk.layout(elkGraph(graph, groups, texts), { layoutOptions: options });
  performance.measure('layout', { start });
  await nextTask();
  const drawing = {
    width: root.width ?? 0,
    height: root.height ?? 0,
    boxes: (root.children ?? []).flatMap((child) => boxesOf(child, { x: 0, y: 0 }, texts)),
    lines: (root.edges ?? []).flatMap(({ id, sections = [] }) =>
      sections.map((section) => lineOf(id, section)),
    ),
  };
  await nextTask();
  return drawing;
}

/** Keeps the page responsive: a large graph takes tens of milliseconds to send, to receive and to draw. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

type Texts = Map<string, Pick<Box, 'title' | 'subtitle' | 'kind'>>;

function elkGraph(graph: GraphData, groups: Groups, texts: Texts): ElkNode {
  const inside = new Map<string, ElkNode>();
  const children: ElkNode[] = [];
  const add = (id: string, text: Pick<Box, 'title' | 'subtitle' | 'kind'>, to: ElkNode[]): void => {
    texts.set(id, text);
    const width = Math.max(80, 7.5 * Math.max(text.title.length, 0.85 * text.subtitle.length) + 16);
    to.push({ id, width, height: text.subtitle ? 40 : 24 });
  };
  for (const { name, type } of graph.inputs)
    add(`input:${name}`, { title: name, subtitle: type, kind: 'end' }, children);
  for (const { id, op, outputs } of graph.nodes) {
    const group = groups.get(id);
    const text = { title: op, subtitle: outputs[0]?.type ?? '', kind: 'node' } as const;
    add(`node:${id}`, text, group ? groupNamed(group).children! : children);
  }
  for (const { name, type } of graph.outputs)
    add(`output:${name}`, { title: name, subtitle: type, kind: 'end' }, children);
  return { id: 'root', children, edges: edgesOf(graph) };

  function groupNamed(name: string): ElkNode {
    const known = inside.get(name);
    if (known) return known;
    const made: ElkNode = {
      id: `group:${name}`,
      children: [],
      layoutOptions: { 'elk.padding': '[top=28,left=10,bottom=10,right=10]' },
    };
    texts.set(made.id, { title: name, subtitle: '', kind: 'group' });
    inside.set(name, made);
    children.push(made);
    return made;
  }
}

function edgesOf({ edges }: GraphData) {
  const idOf = ({ kind, id }: EdgeEnd): string => `${kind}:${id}`;
  return edges.map(({ from, to }, i) => ({ id: `e${i}`, sources: [idOf(from)], targets: [idOf(to)] }));
}

function boxesOf(node: ElkNode, at: { x: number; y: number }, texts: Texts): readonly Box[] {
  const { id, x = 0, y = 0, width = 0, height = 0, children = [] } = node;
  const place = { x: at.x + x, y: at.y + y };
  const text = texts.get(id) ?? ({ title: id, subtitle: '', kind: 'node' } as const);
  return [
    { id, ...text, ...place, width, height },
    ...children.flatMap((child) => boxesOf(child, place, texts)),
  ];
}

interface Section {
  readonly startPoint: { readonly x: number; readonly y: number };
  readonly endPoint: { readonly x: number; readonly y: number };
  readonly bendPoints?: readonly { readonly x: number; readonly y: number }[];
}

function lineOf(id: string, { startPoint, bendPoints = [], endPoint }: Section): Line {
  const points = [startPoint, ...bendPoints, endPoint];
  const ys = points.map(({ y }) => y);
  return {
    id,
    path: points.map(({ x, y }, i) => `${i ? 'L' : 'M'}${x} ${y}`).join(''),
    top: Math.min(...ys),
    bottom: Math.max(...ys),
  };
}
