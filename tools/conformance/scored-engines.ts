/** An engine of the scoreboard. Its reports are `NAME.json`, or `NAME.1.json`, `NAME.2.json`, ... for shards. */
export interface ScoredEngine {
  readonly name: string;
  readonly title: string;
  readonly version: string;
  /** How the report was made, or why there is none. */
  readonly how: string;
}

const peers = (name: string): string => `\`--exec "python3 test-fixtures/engines/peers.py ${name}"\``;
const ours = (name: string): string => `\`--runtime ${name}\``;

export const scoredEngines: readonly ScoredEngine[] = [
  { name: 'interpreter', title: 'ghostc, interpreter', version: '', how: ours('interpreter') },
  { name: 'onnx', title: 'ghostc, ONNX on onnxruntime-node', version: '1.30.0', how: ours('onnx') },
  { name: 'c', title: 'ghostc, C on the host', version: '', how: ours('c') },
  { name: 'wgsl', title: 'ghostc, WGSL on Dawn', version: '', how: ours('wgsl') },
  { name: 'wasm', title: 'ghostc, WebAssembly', version: '', how: ours('wasm') },
  { name: 'onnxruntime', title: 'onnxruntime', version: '1.32.0', how: peers('onnxruntime') },
  {
    name: 'onnxruntime-web',
    title: 'onnxruntime-web, WebAssembly',
    version: '1.30.0',
    how: '`--runtime test-fixtures/engines/onnxruntime-web.mjs`',
  },
  { name: 'openvino', title: 'OpenVINO, CPU in float32', version: '2026.4.1', how: peers('openvino') },
  { name: 'reference', title: 'onnx.reference', version: '1.23.2', how: peers('reference') },
  {
    name: 'tract',
    title: 'tract',
    version: '0.23.9',
    how: '`test-fixtures/engines/tract` on the exported suite',
  },
  { name: 'emx', title: 'emx-onnx-cgen', version: '1.4.0', how: `${peers('emx')}, \`--shard 1/4\`` },
  { name: 'mnn', title: 'MNN', version: '3.6.1', how: peers('mnn') },
  { name: 'ncnn', title: 'ncnn, through pnnx', version: '1.0.20261020', how: peers('ncnn') },
  {
    name: 'litert',
    title: "ghostc, TFLite on LiteRT's reference kernels",
    version: '2.3.0',
    how: ours('tflite'),
  },
  {
    name: 'tfjs',
    title: 'TensorFlow.js',
    version: '',
    how: 'reads no ONNX, and ghostc does not write its format',
  },
];
