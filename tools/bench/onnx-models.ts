import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emitOnnx } from '@ghostc/backend-onnx';
import { buildFromSpec } from '@ghostc/ghostnet';
import { venvPython } from '../build/venv-python.ts';

export interface OnnxModel {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Networks too large for the repository: read from next to it, or built with seeded weights. */
const networks: readonly { folder: string; spec: string }[] = [
  { folder: 'ghostnet_v1_050_224', spec: 'ghostnet:0.5' },
  { folder: 'ghostnet_v1_100_224', spec: 'ghostnet:1.0' },
  { folder: 'ghostnetv2_100_224', spec: 'ghostnetv2:1.0' },
  { folder: 'ghostnetv3_100_224_reparam', spec: 'ghostnetv3:1.0' },
];

/** Networks for which no exporter's file exists. */
const specs = ['ghostnetv3-training:1.0', 'ghost_resnet50:2', 'ghost_vgg16:2'];

/** Networks of timm and ultralytics with untrained weights, as both exporters of PyTorch write them. */
const exported = [
  'timm-convnext_atto',
  'timm-mobilenetv4_hybrid_medium',
  'timm-fastvit_t8',
  'timm-efficientvit_b0',
  'timm-efficientvit_m0',
  'ultralytics-yolov8n-ghost',
];
const exporters = [
  { exporter: 'torchscript', opset: '17' },
  { exporter: 'dynamo', opset: '18' },
];
const EXPORT_REQUIREMENTS = [
  'torch==2.15.0',
  'torchvision==0.29.2',
  'timm==1.0.31',
  'ultralytics==8.4.190',
  'onnx==1.22.0',
  'onnxscript==0.7.2',
];

/** The networks of timm and ultralytics; what is not in node_modules/.cache/exports yet is exported. Throws where it cannot be. */
export function* exportedModels(root: string): IterableIterator<OnnxModel> {
  const folder = join(root, 'node_modules/.cache/exports');
  for (const name of exported)
    for (const { exporter, opset } of exporters) {
      const stem = `${name}.${exporter}-${opset}-static`;
      const file = join(folder, `${stem}.onnx`);
      if (!existsSync(file))
        exportNetwork(root, [folder, '--only', name, '--exporter', exporter, '--opset', opset]);
      yield { name: stem, bytes: readFileSync(file) };
    }
}

function exportNetwork(root: string, args: readonly string[]): void {
  const script = join(root, 'tools/exporters/export_models.py');
  execFileSync(venvPython(root, EXPORT_REQUIREMENTS), [script, ...args, '--variant', 'static'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

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
