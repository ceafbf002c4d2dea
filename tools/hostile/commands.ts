import { join } from 'node:path';

/** Arguments of a command for a model and a folder that it may write to. */
type Arguments = (model: string, out: string) => readonly string[];

const compileTo =
  (target: string): Arguments =>
  (model, out) => ['compile', model, '--target', target, '--out', out];

/** Every command of ghostc, by the name that the table shows. */
export const commands: Readonly<Record<string, Arguments>> = {
  inspect: (model) => ['inspect', model],
  onnx: compileTo('onnx'),
  wgsl: compileTo('wgsl'),
  c: compileTo('c'),
  opt: (model, out) => ['opt', model, '--out', join(out, 'opt.gir')],
  explain: (model) => ['explain', model, '--rule', 'fuse-activation'],
  quantize: (model, out) => ['quantize', model, '--seeded', '1', '--out', join(out, 'int8.onnx')],
  fit: (model) => ['fit', model, '--board', 'nrf52840'],
  verify: (model) => ['verify', model],
  bisect: (model) => ['bisect', model, '--a', 'interpreter', '--b', 'onnx', '--max-trials', '3'],
  profile: (model) => ['profile', model, '--device', 'host'],
  tune: (model) => ['tune', model, '--target', 'wgsl', '--rounds', '1'],
};
