import type { CProgram } from '@ghostc/compiler';
import type { LayerProfile, Profile } from '@ghostc/runtimes';
import { escapeHtml } from './escape-html.ts';

export interface ReportFacts {
  readonly model: string;
  readonly device: string;
  readonly arenaBytes: number;
  readonly weightBytes: number;
  readonly buffers: CProgram['buffers'];
  readonly profile: Profile;
}

const WIDTH = 960;
const HEIGHT = 220;
const SHADES = ['#3b6fd4', '#7ea3e6', '#1d9a8a', '#e0a030'];

/** One HTML page without scripts or anything from outside: a bar a layer, and the arena over time. */
export async function profileReport(facts: ReportFacts): Promise<string> {
  const { model, device, arenaBytes, weightBytes, profile } = facts;
  const { unit, total, layers } = profile;
  const title = `${escapeHtml(model)} on ${escapeHtml(device)}`;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${title}</title>
<style>
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: ${WIDTH + 160}px; color: #1b1f24; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
svg { max-width: 100%; height: auto; } th, td { text-align: left; padding: 2px 8px; border-bottom: 1px solid #e3e6ea; } td { white-space: nowrap; } td.name { white-space: normal; overflow-wrap: anywhere; min-width: 12rem; } td.n, th.n { text-align: right; }
.bar { background: #3b6fd4; height: 10px; } figure { margin: 1.5rem 0; } figcaption { color: #57606a; }
</style>
<h1>${title}</h1>
<p>${number(total)} ${unit}; arena ${number(arenaBytes)} bytes, weights ${number(weightBytes)} bytes.</p>
<figure>${await livePicture(layers, facts)}<figcaption>Live bytes of the arena over ${unit}, a box a layer; the line is the arena's size.</figcaption></figure>
<figure>${await arenaPicture(facts)}<figcaption>The arena over ${unit}: a box is a buffer at its offset, from the layer that writes it to the last that reads it.</figcaption></figure>
<table><tr><th></th><th>op</th><th>layer</th><th>output</th><th class="n">${unit}</th><th class="n">per MAC</th><th class="n">live bytes</th><th style="width:12%; min-width:6rem">share</th></tr>
${layers.map((layer, i) => row(layer, i, layers)).join('\n')}
</table>
</html>
`;
}

function row(layer: LayerProfile, i: number, layers: readonly LayerProfile[]): string {
  const { op, name, shape, cost, macs, liveBytes } = layer;
  const most = Math.max(1, ...layers.map((one) => one.cost));
  const cells = [
    `<td class="n">${i + 1}</td><td>${escapeHtml(op)}</td><td class="name">${escapeHtml(name)}</td><td>${shape.join(' x ')}</td>`,
    `<td class="n">${number(cost)}</td><td class="n">${macs ? (cost / macs).toFixed(2) : ''}</td>`,
    `<td class="n">${liveBytes === null ? '' : number(liveBytes)}</td>`,
    `<td><div class="bar" style="width:${((100 * cost) / most).toFixed(1)}%"></div></td>`,
  ];
  return `<tr>${cells.join('')}</tr>`;
}

interface Box {
  readonly x: number;
  readonly x2: number;
  readonly y: number;
  readonly y2: number;
  readonly shade: number;
}

/** A box a layer: as wide as the layer takes long, as high as bytes are alive. */
function livePicture(layers: readonly LayerProfile[], facts: ReportFacts): Promise<string> {
  let end = 0;
  const boxes = layers.map(({ cost, liveBytes }, i): Box => {
    const x = end;
    end += cost;
    return { x, x2: end, y: 0, y2: liveBytes ?? facts.arenaBytes, shade: i % 2 };
  });
  return picture(boxes, 'live bytes', facts);
}

/** A box a buffer: as wide as it lives, at its offsets. */
function arenaPicture(facts: ReportFacts): Promise<string> {
  const { buffers, profile } = facts;
  const starts = new Map<number, number>();
  const ends = new Map<number, number>();
  let end = 0;
  for (const { step, cost } of profile.layers) {
    if (!starts.has(step)) starts.set(step, end);
    end += cost;
    ends.set(step, end);
  }
  const boxes = buffers.map(
    (one, i): Box => ({
      x: starts.get(one.start) ?? 0,
      x2: ends.get(one.end) ?? end,
      y: one.offset,
      y2: one.offset + one.bytes,
      shade: i % 4,
    }),
  );
  return picture(boxes, 'byte of the arena', facts);
}

/** Boxes over time, and the arena's size as a line. */
async function picture(
  boxes: readonly Box[],
  title: string,
  { profile, arenaBytes }: ReportFacts,
): Promise<string> {
  const [{ parse, View }, { compile }] = [await import('vega'), await import('vega-lite')]; // large, and rarely needed
  const end = profile.layers.reduce((sum, { cost }) => sum + cost, 0);
  const { spec } = compile({
    width: WIDTH,
    height: HEIGHT,
    layer: [
      {
        data: { values: [...boxes] },
        mark: { type: 'rect', stroke: 'white', strokeWidth: 0.5, opacity: 0.9 },
        encoding: {
          x: {
            field: 'x',
            type: 'quantitative',
            title: profile.unit,
            scale: { domain: [0, end], nice: false },
          },
          x2: { field: 'x2' },
          y: { field: 'y', type: 'quantitative', title },
          y2: { field: 'y2' },
          color: { field: 'shade', type: 'nominal', legend: null, scale: { range: SHADES } },
        },
      },
      {
        data: { values: [{ size: arenaBytes }] },
        mark: { type: 'rule', color: '#c2410c' },
        encoding: { y: { field: 'size', type: 'quantitative' } },
      },
    ],
  });
  return new View(parse(spec), { renderer: 'none' }).toSVG();
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
