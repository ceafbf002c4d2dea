import { type Graph, itemAt, mulberry32, tensor } from '@ghostc/ir';
import type { Sample } from '@ghostc/quant';

const WAVES = 24;
const SHAPES = 6;

/**
 * Seeded pictures for the only input of a graph, in [-2, 2] as normalised photographs are: waves whose strength falls with their
 * frequency, discs and squares before them, a brightness and a contrast of their own, some noise.
 */
export function seededPictures(graph: Graph, count: number, first: number): Sample[] {
  const input = itemAt(graph.inputs, 0);
  const shape = input.type.shape.map(Number);
  return Array.from({ length: count }, (_, i) => ({
    name: `picture ${first + i}`,
    inputs: new Map([[input.name, tensor('f32', shape, picture(shape, first + i))]]),
  }));
}

function picture([, channels = 1, height = 1, width = 1]: readonly number[], seed: number): Float32Array {
  const draw = mulberry32(seed);
  const each = (value: () => number): number[] => Array.from({ length: channels }, value);
  const waves = Array.from({ length: WAVES }, () => {
    const frequency = 2 ** (draw() * 5.5);
    const angle = 2 * Math.PI * draw();
    return {
      ...{ x: frequency * Math.cos(angle), y: frequency * Math.sin(angle), phase: 2 * Math.PI * draw() },
      size: each(() => (0.5 + draw()) / frequency ** 0.8),
    };
  });
  const shapes = Array.from({ length: SHAPES }, () => ({
    ...{ x: draw(), y: draw(), radius: 0.05 + 0.3 * draw(), square: draw() < 0.5 },
    colour: each(() => draw() * 2 - 1),
  }));
  const brightness = each(() => draw() * 1.6 - 0.8);
  const contrast = 0.6 * (0.3 + draw());
  const pixels = new Float32Array(channels * height * width);
  for (let at = 0; at < height * width; at++) {
    const [x, y] = [(at % width) / width, Math.floor(at / width) / height];
    const colour = [...brightness];
    for (const wave of waves) {
      const value = contrast * Math.sin(2 * Math.PI * (wave.x * x + wave.y * y) + wave.phase);
      for (let c = 0; c < channels; c++) colour[c] = (colour[c] ?? 0) + value * (wave.size[c] ?? 0);
    }
    for (const shape of shapes) {
      const [dx, dy] = [Math.abs(x - shape.x), Math.abs(y - shape.y)];
      if ((shape.square ? Math.max(dx, dy) : Math.hypot(dx, dy)) >= shape.radius) continue;
      for (let c = 0; c < channels; c++) colour[c] = 0.3 * (colour[c] ?? 0) + (shape.colour[c] ?? 0);
    }
    for (let c = 0; c < channels; c++)
      pixels[c * height * width + at] = Math.max(-2, Math.min(2, (colour[c] ?? 0) + 0.1 * (draw() - 0.5)));
  }
  return pixels;
}
