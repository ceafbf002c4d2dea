import type { GraphData, NodeData } from '@ghostc/compiler';
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { counted } from '../counted.ts';
import type { Groups } from '../graph/ghost-groups.ts';
import { type Box, type Drawing, layOut } from '../graph/layout.ts';
import { HistogramView } from './histogram-view.tsx';

interface Props {
  readonly graph: GraphData;
  readonly groups?: Groups | undefined;
  /** Ids of nodes that stand out. */
  readonly marked?: ReadonlySet<string>;
}

interface View {
  /** Of the drawing, in the middle of the picture. */
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

const none: ReadonlySet<string> = new Set();

/** A graph that is moved with the pointer or the arrow keys, enlarged with the wheel or + and -, and searched. */
export function GraphView({ graph, groups, marked = none }: Props): JSX.Element {
  const [drawing, setDrawing] = useState<Drawing>();
  const [chosen, choose] = useState<string>();
  const [words, setWords] = useState('');
  const [view, setView] = useState<View>({ x: 0, y: 0, zoom: 1 });
  const frame = useRef<SVGSVGElement>(null);
  const [size, setSize] = useState({ width: 600, height: 400 });

  useEffect(() => {
    let current = true;
    layOut(graph, groups).then((made) => {
      if (!current) return;
      setDrawing(made);
      const top = made.boxes[0];
      setView({ x: top ? top.x + top.width / 2 : 0, y: size.height / 2 - 16, zoom: 1 });
    });
    return () => {
      current = false;
    };
  }, [graph, groups]);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => entry && setSize(entry.contentRect));
    if (frame.current) observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);

  const nodes = useMemo(() => new Map(graph.nodes.map((node) => [node.id, node])), [graph]);
  const hits = useMemo(() => search(graph, words), [graph, words]);
  const show = (id: string): void => {
    choose(id);
    const box = drawing?.boxes.find((one) => one.id === `node:${id}`);
    if (box) setView(({ zoom }) => ({ x: box.x + box.width / 2, y: box.y + box.height / 2, zoom }));
  };
  const shown = drawing && inView(drawing, view, size);
  return (
    <div class="graph">
      <div class="search">
        <input
          type="search"
          aria-label="Search nodes"
          placeholder={`Search ${counted(graph.nodes.length, 'node')}`}
          value={words}
          onInput={({ currentTarget }) => setWords(currentTarget.value)}
        />
        {words && (
          <ul>
            {hits.map(({ id, op, origin }) => (
              <li key={id}>
                <button type="button" onClick={() => show(id)}>
                  {op} <small>{origin[0] ?? id}</small>
                </button>
              </li>
            ))}
            {hits.length === 0 && <li>nothing found</li>}
          </ul>
        )}
      </div>
      <svg
        ref={frame}
        role="img"
        aria-label={`graph of ${counted(graph.nodes.length, 'node')}`}
        data-laid-out={!!drawing}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the picture takes arrow keys
        tabIndex={0}
        viewBox={viewBox(view, size)}
        onWheel={(event) => wheel(event, setView)}
        onPointerDown={(event) => drag(event, setView)}
        onKeyDown={(event) => key(event, setView)}
      >
        {shown?.boxes
          .filter(({ kind }) => kind === 'group')
          .map((box) => (
            <BoxView key={box.id} box={box} />
          ))}
        {shown?.lines.map(({ id, path }) => (
          <path key={id} d={path} class="edge" />
        ))}
        {shown?.boxes
          .filter(({ kind }) => kind !== 'group')
          .map((box) => {
            const id = box.id.slice(box.id.indexOf(':') + 1);
            return (
              <BoxView
                key={box.id}
                box={box}
                marked={marked.has(id)}
                chosen={id === chosen}
                onChoose={() => choose(id)}
              />
            );
          })}
      </svg>
      {!drawing && <p class="over-graph">laying out {counted(graph.nodes.length, 'node')}</p>}
      {chosen && nodes.has(chosen) && (
        <NodeDetails node={nodes.get(chosen) as NodeData} close={() => choose(undefined)} />
      )}
    </div>
  );
}

interface BoxProps {
  readonly box: Box;
  readonly marked?: boolean;
  readonly chosen?: boolean;
  readonly onChoose?: () => void;
}

function BoxView({ box, marked, chosen, onChoose }: BoxProps): JSX.Element {
  const { kind, title, subtitle, x, y, width, height } = box;
  const family = kind === 'node' ? familyOf(title) : '';
  const names = ['box', kind, family, marked && 'marked', chosen && 'chosen'].filter(Boolean).join(' ');
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the search reaches every node by keyboard
    <g class={names} transform={`translate(${x} ${y})`} onClick={onChoose}>
      <rect width={width} height={height} rx={kind === 'group' ? 8 : 4} />
      <text x={kind === 'group' ? 10 : width / 2} y={16} text-anchor={kind === 'group' ? 'start' : 'middle'}>
        {title}
      </text>
      {subtitle && (
        <text class="small" x={width / 2} y={32} text-anchor="middle">
          {subtitle}
        </text>
      )}
    </g>
  );
}

function familyOf(op: string): string {
  if (op.includes('ghost')) return 'ghost';
  if (/conv|fully|gemm|matmul|linear/.test(op)) return 'weighted';
  return '';
}

function NodeDetails({ node, close }: { node: NodeData; close: () => void }): JSX.Element {
  const rows: readonly (readonly [string, string])[] = [
    ...node.outputs.map(({ name, type }) => [`output ${name}`, type] as const),
    ...node.weights.map(({ name, type }) => [`weights ${name}`, type] as const),
    ...Object.entries(node.attrs),
  ];
  return (
    <aside aria-label="Node">
      <button type="button" class="close" aria-label="Close" onClick={close}>
        ×
      </button>
      <h3>{node.op}</h3>
      <p>
        <code>{node.origin.join(', ')}</code>
      </p>
      <dl>
        {rows.map(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name} value`}>{value}</dd>])}
      </dl>
      {node.weights.map(({ name }) => (
        <HistogramView key={name} name={name} />
      ))}
    </aside>
  );
}

function search({ nodes }: GraphData, words: string): readonly NodeData[] {
  const parts = words.toLowerCase().split(/\s+/).filter(Boolean);
  const text = ({ op, id, origin, outputs }: NodeData): string =>
    [op, id, ...origin, ...outputs.map(({ type }) => type)].join(' ').toLowerCase();
  return nodes.filter((node) => parts.every((part) => text(node).includes(part))).slice(0, 50);
}

type Size = { readonly width: number; readonly height: number };

function viewBox({ x, y, zoom }: View, { width, height }: Size): string {
  return `${x - width / zoom / 2} ${y - height / zoom / 2} ${width / zoom} ${height / zoom}`;
}

/** Only what can be seen is drawn: a large graph has thousands of boxes. */
function inView({ boxes, lines }: Drawing, { x, y, zoom }: View, { width, height }: Size) {
  const [left, right] = [x - width / zoom / 2, x + width / zoom / 2];
  const [top, bottom] = [y - height / zoom / 2, y + height / zoom / 2];
  return {
    boxes: boxes.filter(
      (box) => box.x < right && box.x + box.width > left && box.y < bottom && box.y + box.height > top,
    ),
    lines: lines.filter((line) => line.top < bottom && line.bottom > top),
  };
}

type SetView = (change: (view: View) => View) => void;

const clamped = (zoom: number): number => Math.min(4, Math.max(0.05, zoom));

function wheel(event: WheelEvent, setView: SetView): void {
  event.preventDefault();
  const { deltaX, deltaY, ctrlKey } = event;
  if (ctrlKey) setView((view) => ({ ...view, zoom: clamped(view.zoom * 1.01 ** -deltaY) }));
  else setView((view) => ({ ...view, x: view.x + deltaX / view.zoom, y: view.y + deltaY / view.zoom }));
}

function drag(event: PointerEvent, setView: SetView): void {
  const svg = event.currentTarget as SVGSVGElement;
  const move = ({ movementX, movementY }: PointerEvent): void =>
    setView((view) => ({ ...view, x: view.x - movementX / view.zoom, y: view.y - movementY / view.zoom }));
  svg.addEventListener('pointermove', move);
  addEventListener('pointerup', () => svg.removeEventListener('pointermove', move), { once: true });
}

function key(event: KeyboardEvent, setView: SetView): void {
  const moves: Readonly<Record<string, (view: View) => View>> = {
    ArrowUp: (view) => ({ ...view, y: view.y - 80 / view.zoom }),
    ArrowDown: (view) => ({ ...view, y: view.y + 80 / view.zoom }),
    ArrowLeft: (view) => ({ ...view, x: view.x - 80 / view.zoom }),
    ArrowRight: (view) => ({ ...view, x: view.x + 80 / view.zoom }),
    '+': (view) => ({ ...view, zoom: clamped(view.zoom * 1.25) }),
    '-': (view) => ({ ...view, zoom: clamped(view.zoom / 1.25) }),
  };
  const move = moves[event.key];
  if (!move) return;
  event.preventDefault();
  setView(move);
}
