import { readFileSync } from 'node:fs';
import { compileOnnx, compileC, compileWgsl, lowerForKernels, lowerForQuantizer, optimize } from '@ghostc/compiler';
import { readOnnx, decodeModel } from '@ghostc/onnx';
import { quantize } from '@ghostc/quant';
import { seededSamples } from '@ghostc/conformance';
import { printGraph } from '@ghostc/ir';
import { emitOnnx } from '@ghostc/backend-onnx';
for (const name of ['residual-block', 'ghost-module', 'squeeze-excite', 'u-net', 'classifier', 'gated-activation', 'average-pool', 'global-max-pool','upsample-linear', 'image-of-height-1', 'mean-of-length']) {
  const bytes = readFileSync(`test-fixtures/cases/one-dim-${name}/model.onnx`);
  const graph = readOnnx(bytes, { file: name });
  const float = lowerForQuantizer(optimize(graph));
  const q = quantize(float, seededSamples(float, 2), { io: 'int8' });
  const onnx = emitOnnx(q.graph);
  const ops = (decodeModel(onnx) as any).graph.node.map((n: any) => n.op_type);
  const again = optimize(readOnnx(onnx, { file: 'q' }));
  console.log(name, 'left in float:', q.leftInFloat.map((n) => n.op).join(), '| onnx reshapes', ops.filter((o: string) => o === 'Reshape').length, '| reread:', [...again.nodes()].map((n) => n.op).join(' '));
  const c = compileC(q.graph, { device: 'cortex-m4' });
  const low = lowerForKernels(optimize(q.graph));
  console.log('   arena', (c as any).arenaBytes ?? Object.keys(c), [...low.nodes()].map((n) => n.op).join(' '));
  try { const w = compileWgsl(graph); console.log('   dispatches', (w.manifest as any).dispatches?.length ?? Object.keys(w.manifest)); } catch (e) { console.log('   wgsl', (e as Error).message.slice(0, 100)); }
}
