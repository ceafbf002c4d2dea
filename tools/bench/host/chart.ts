import type { Result } from './racers.ts';

interface Row {
  readonly name: string;
  readonly results: readonly Result[];
}

const colours: Readonly<Record<string, string>> = {
  onnxruntime: '#8d8d8d',
  openvino: '#3b78c4',
  litert: '#d98c21',
  mnn: '#7d5ba6',
  ncnn: '#4d9a6a',
};
const LEFT = 220;
const WIDTH = 520;
const LINE = 26;
const TOP = 64;
/** Ratios at both ends of the logarithmic axis. */
const [LEAST, MOST] = [0.25, 8];

/** A picture of the times of all engines over ours, a row a model: what stands to the right of 1 is slower than ghostc. */
export function chartText(machine: string, rows: readonly Row[]): string {
  const height = TOP + rows.length * LINE + 34;
  const ticks = [0.25, 0.5, 1, 2, 4, 8].map(
    (ratio) =>
      `<path d="M${place(ratio)} ${TOP - 8}V${height - 30}" stroke="${ratio === 1 ? '#c0392b' : '#dddddd'}"/>` +
      text(place(ratio), height - 14, `${ratio}`, 'middle'),
  );
  const legend = Object.entries(colours).map(
    ([name, colour], i) =>
      `<circle cx="${LEFT + 4 + 100 * i}" cy="40" r="5" fill="${colour}"/>${text(LEFT + 14 + 100 * i, 44, name)}`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LEFT + WIDTH + 20} ${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
${text(8, 20, `Time over that of ghostc, one core of ${machine}`)}
${[...legend, ...ticks, ...rows.map(rowText)].join('\n')}
</svg>
`;
}

function rowText({ name, results }: Row, index: number): string {
  const y = TOP + index * LINE + 8;
  const ours = results[0]?.milliseconds ?? NaN;
  const dots = results
    .filter(({ racer }) => colours[racer])
    .map(({ racer, milliseconds }) => {
      const ratio = milliseconds / ours;
      const tip = `<title>${racer}: ${milliseconds.toPrecision(3)} ms, ${ratio.toFixed(2)} times</title>`;
      return `<circle cx="${place(ratio)}" cy="${y}" r="5" fill="${colours[racer]}" fill-opacity="0.85">${tip}</circle>`;
    });
  const line = `<path d="M${LEFT} ${y}H${LEFT + WIDTH}" stroke="#eeeeee"/>`;
  return `${line}${text(8, y + 4, `${name}, ${ours.toPrecision(3)} ms`)}${dots.join('')}`;
}

function place(ratio: number): number {
  const part = Math.log(Math.min(MOST, Math.max(LEAST, ratio)) / LEAST) / Math.log(MOST / LEAST);
  return Math.round(LEFT + part * WIDTH);
}

function text(x: number, y: number, words: string, anchor = 'start'): string {
  const escaped = words.replace(/&/g, '&amp;').replace(/</g, '&lt;');
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${escaped}</text>`;
}
