import type { LayerProfile, Profile } from '@ghostc/runtimes';

export interface ReportFacts {
  readonly model: string;
  readonly device: string;
  readonly arenaBytes: number;
  readonly weightBytes: number;
  readonly profile: Profile;
}

const WIDTH = 960;
const HEIGHT = 220;

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
svg { max-width: 100%; height: auto; } th, td { text-align: left; white-space: nowrap; padding: 2px 8px; border-bottom: 1px solid #e3e6ea; } td.n, th.n { text-align: right; }
.bar { background: #3b6fd4; height: 10px; } figure { margin: 1.5rem 0; } figcaption { color: #57606a; }
</style>
<h1>${title}</h1>
<p>${number(total)} ${unit}; arena ${number(arenaBytes)} bytes, weights ${number(weightBytes)} bytes.</p>
<figure>${await arenaPicture(layers, facts)}<figcaption>Live bytes of the arena over ${unit}; the line is the arena's size.</figcaption></figure>
<table><tr><th></th><th>op</th><th>layer</th><th>output</th><th class="n">${unit}</th><th class="n">per MAC</th><th class="n">live bytes</th><th style="width:20%">share</th></tr>
${layers.map((layer, i) => row(layer, i, layers)).join('\n')}
</table>
</html>
`;
}

function row(layer: LayerProfile, i: number, layers: readonly LayerProfile[]): string {
  const { op, name, shape, cost, macs, liveBytes } = layer;
  const most = Math.max(1, ...layers.map((one) => one.cost));
  const cells = [
    `<td class="n">${i + 1}</td><td>${escapeHtml(op)}</td><td>${escapeHtml(name)}</td><td>${shape.join(' x ')}</td>`,
    `<td class="n">${number(cost)}</td><td class="n">${macs ? (cost / macs).toFixed(2) : ''}</td>`,
    `<td class="n">${liveBytes === null ? '' : number(liveBytes)}</td>`,
    `<td><div class="bar" style="width:${((100 * cost) / most).toFixed(1)}%"></div></td>`,
  ];
  return `<tr>${cells.join('')}</tr>`;
}

/** A box a layer: as wide as the layer takes long, as high as bytes are alive; and the arena's size as a line. */
async function arenaPicture(
  layers: readonly LayerProfile[],
  { profile, arenaBytes }: ReportFacts,
): Promise<string> {
  const [{ parse, View }, { compile }] = [await import('vega'), await import('vega-lite')]; // large, and rarely needed
  let end = 0;
  const values = layers.map(({ cost, liveBytes }, i) => {
    const start = end;
    end += cost;
    return { start, end, floor: 0, bytes: liveBytes ?? arenaBytes, shade: i % 2 ? 'odd' : 'even' };
  });
  const { spec } = compile({
    width: WIDTH,
    height: HEIGHT,
    layer: [
      {
        data: { values },
        mark: 'rect',
        encoding: {
          x: {
            field: 'start',
            type: 'quantitative',
            title: profile.unit,
            scale: { domain: [0, end], nice: false },
          },
          x2: { field: 'end' },
          y: { field: 'floor', type: 'quantitative', title: 'live bytes' },
          y2: { field: 'bytes' },
          color: { field: 'shade', type: 'nominal', legend: null, scale: { range: ['#3b6fd4', '#7ea3e6'] } },
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

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
