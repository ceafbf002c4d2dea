import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findTiny, type TinyModel } from '../mlperf-tiny.ts';

/** A model that all race with. */
export interface Contest {
  readonly name: string;
  readonly type: 'float' | 'int8';
  /** What our C is made from. */
  readonly source: string;
  /** The same model for engines that read ONNX, and those that read TFLite. */
  readonly onnx: string;
  readonly tflite: string;
}

/** Where files are made, and what makes them. */
export interface Workshop {
  readonly root: string;
  readonly folder: string;
  /** Runs the command `ghostc`. */
  ghostc(...args: string[]): unknown;
  /** Runs a Python script that has the package `onnx`. */
  python(...args: string[]): unknown;
}

const floatNets = {
  'GhostNet V1 0.5x': { spec: 'ghostnet:0.5' },
  'GhostNet V1 1.0x': { spec: 'ghostnet:1.0' },
  'GhostNet V2 1.0x': { spec: 'ghostnetv2:1.0' },
  'GhostNet V3 1.0x': { spec: 'ghostnetv3:1.0' },
  'MobileNetV2 1.0x': { written: 'mobilenet_v2.onnx' },
  'ResNet-18': { written: 'resnet18.onnx' },
};
const quantisedNets = ['GhostNet V1 1.0x', 'MobileNetV2 1.0x', 'ResNet-18'] as const;
const tinyNets = ['ic', 'kws', 'vww'] as const;

/** The contests whose name has all of the words, each a function that makes its files. */
export function contests(words: readonly string[]): Map<string, (shop: Workshop) => Contest> {
  const all: [string, (name: string, shop: Workshop) => Contest][] = [
    ...Object.entries(floatNets).map(([name, net]): (typeof all)[number] => [
      `${name} float`,
      (title, shop) => converted(shop, { name: title, type: 'float', source: sourceOf(shop, net) }),
    ]),
    ...quantisedNets.map((name): (typeof all)[number] => [
      `${name} int8`,
      (title, shop) => quantised(shop, title, sourceOf(shop, floatNets[name])),
    ]),
    ...tinyNets.flatMap((net) =>
      (['float', 'int8'] as const)
        .filter((type) => findTiny(`${net}_${type}`))
        .map((type): (typeof all)[number] => [
          `MLPerf Tiny ${net} ${type}`,
          (title, shop) => tiny(shop, { name: title, type, net: `${net}_${type}` }),
        ]),
    ),
  ];
  const chosen = all.filter(([name]) =>
    words.every((word) => name.toLowerCase().includes(word.toLowerCase())),
  );
  return new Map(chosen.map(([name, make]) => [name, (shop) => make(name, shop)]));
}

function sourceOf(shop: Workshop, net: { spec: string } | { written: string }): string {
  if ('spec' in net) return net.spec;
  const path = join(shop.folder, net.written);
  if (!existsSync(path)) shop.python(join(shop.root, 'tools/bench/host/networks.py'), shop.folder);
  return path;
}

/** Folder of a contest's own files. */
function folderOf(shop: Workshop, name: string): string {
  const folder = join(shop.folder, name.replaceAll(' ', '_'));
  mkdirSync(folder, { recursive: true });
  return folder;
}

function converted(shop: Workshop, { name, type, source }: Omit<Contest, 'onnx' | 'tflite'>): Contest {
  const out = folderOf(shop, name);
  shop.ghostc('compile', source, '--target', 'onnx', '--name', 'net', '--out', out);
  shop.ghostc('compile', source, '--target', 'tflite', '--channels-last', '--name', 'net', '--out', out);
  return { name, type, source, onnx: join(out, 'net.onnx'), tflite: join(out, 'net.tflite') };
}

/** ONNX Runtime and OpenVINO get the form with u8 activations, which they compute fastest. */
function quantised(shop: Workshop, name: string, float: string): Contest {
  const out = folderOf(shop, name);
  const [source, onnx] = [join(out, 'int8.onnx'), join(out, 'u8.onnx')];
  shop.ghostc('quantize', float, '--seeded', '2', '--out', source);
  shop.ghostc('quantize', float, '--seeded', '2', '--for', 'onnxruntime', '--out', onnx);
  shop.ghostc('compile', source, '--target', 'tflite', '--channels-last', '--name', 'net', '--out', out);
  return { name, type: 'int8', source, onnx, tflite: join(out, 'net.tflite') };
}

function tiny(
  shop: Workshop,
  { name, type, net }: { name: string; type: Contest['type']; net: TinyModel },
): Contest {
  const out = folderOf(shop, name);
  const tflite = join(out, `${net}.tflite`);
  writeFileSync(tflite, findTiny(net) ?? '');
  shop.ghostc('compile', tflite, '--target', 'onnx', '--name', 'net', '--out', out);
  return { name, type, source: tflite, onnx: join(out, 'net.onnx'), tflite };
}
