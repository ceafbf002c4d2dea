import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emitOnnx } from '@ghostc/backend-onnx';
import { buildFromSpec } from '@ghostc/ghostnet';

export interface OnnxModel {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Networks too large for the repository: as found beside it, or built with seeded weights. */
const networks: readonly { folder: string; spec: string }[] = [
  { folder: 'ghostnet_v1_050_224', spec: 'ghostnet:0.5' },
  { folder: 'ghostnet_v1_100_224', spec: 'ghostnet:1.0' },
  { folder: 'ghostnetv2_100_224', spec: 'ghostnetv2:1.0' },
  { folder: 'ghostnetv3_100_224_reparam', spec: 'ghostnetv3:1.0' },
];

/** Networks that no exporter's file is there for. */
const specs = ['ghostnetv3-training:1.0', 'ghost_resnet50:2', 'ghost_vgg16:2'];

/** Every reference model as ONNX: the fixtures, the networks, and those that only a spec names. */
export function* onnxModels(root: string): IterableIterator<OnnxModel> {
  const fixtures = join(root, 'test-fixtures', 'models');
  yield fromFolder('ghost_fmnist', join(fixtures, 'ghost_fmnist'));
  for (const name of readdirSync(join(fixtures, 'modules')))
    yield fromFolder(name, join(fixtures, 'modules', name));
  for (const { folder, spec } of networks) {
    const found = join(root, '../..', 'shared', 'models', folder);
    yield existsSync(found) ? fromFolder(folder, found) : fromSpec(spec);
  }
  for (const spec of specs) yield fromSpec(spec);
}

function fromFolder(name: string, folder: string): OnnxModel {
  const file = ['model.onnx', `${name}.onnx`]
    .map((stem) => join(folder, stem))
    .find((path) => existsSync(path));
  if (!file) throw new Error(`${folder} holds no model`);
  return { name, bytes: readFileSync(file) };
}

function fromSpec(spec: string): OnnxModel {
  return { name: spec, bytes: emitOnnx(buildFromSpec(spec, { seed: 1 })) };
}
