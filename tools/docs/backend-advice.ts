/** The part of `errorAdvice` about generating C, WebAssembly and WGSL. */
export const backendAdvice: Readonly<Record<string, string>> = {
  'backend-c/accumulator':
    'A sum of products may overflow 32 bits. Split the layer, or keep it in float (`--keep-float`).',
  'backend-c/dtype':
    'No C is generated for this element type. Convert the model, or leave the node to `--target onnx`.',
  'backend-c/fetch-ram':
    'A layer cannot be split further than one output channel. Raise `--fetch-ram`, or omit it; it requires `--weights fetch`.',
  'backend-c/firmware': 'In code: compile with `observer: true` before `firmwareFiles`.',
  'backend-c/fuse-ghost':
    '`--fuse-ghost` found nothing to fuse, or does not support this device. Omit the option, or choose a device that the message names.',
  'backend-c/input': 'A node lacks an input that its kernel reads. Check the graph with `ghostc inspect`.',
  'backend-c/io': 'With `--io arena` no output may be a constant. Use `--io caller`, or remove it.',
  'backend-c/layout': 'The layout conflicts with another option. Change the one that the message names.',
  'backend-c/max-ram':
    'No plan fits `--max-ram`. Raise it to the number in the message, make the input smaller, or quantise: see `ghostc fit`.',
  'backend-c/name':
    'The name is not a C identifier. Give another one with `--name`: letters, digits and `_`, at most 63.',
  'backend-c/op':
    'The op has no C kernel. Remove it, compute it outside, or add a kernel: CONTRIBUTING.md, "Add a kernel".',
  'backend-c/placement': 'A bug in the planner. Please report it with the model.',
  'backend-c/resize': 'Linear resize of integers is `qlinear_resize`. Write that op, or resize in float.',
  'backend-c/weights':
    'These options do not allow this form of weights: WebAssembly cannot include a binary file, and a self-test cannot fetch weights. Use `--weights external` or `c`.',
  'backend-c/section':
    'The section name is invalid, or there are no weights in C to put there. Change `--weight-section` or `--weights`.',
  'backend-c/self-test':
    'The self-test cannot compare these outputs. Omit `--self-test`, or output another type or finite numbers.',
  'backend-c/size': 'A tensor is too large to be indexed on the device. Use a smaller input.',
  'backend-c/symbolic': 'C is a program for one shape. Give every open size with `--bind NAME=SIZE`.',
  'backend-c/weight':
    'The kernel packs these weights at compile time, so they must be constants. Fold them, or export them as initialisers.',
  'backend-c/threads':
    'Threads do not go with bands of rows, an observer, fetched weights or CMSIS-NN. Omit `--threads` or the option that the message names; `--pool` needs `--threads`.',
  'wasm/build':
    '`compileWasm` and packages for pages need `buildWasm` (`wasmModule` of `@ghostc/runtimes`) and the source of the runtime. The command has both.',
  'wasm/dtype':
    'Pages pass float32 and quantised integers. Convert the input or output, or use `--target c --device wasm32`.',
  'wgsl/dtype': 'WGSL has no kernel for this element type. Convert the model, or use another target.',
  'wgsl/empty': 'A tensor without elements cannot be a buffer. Bind a size above 0.',
  'wgsl/fuse-ghost': '`--fuse-ghost` found no Ghost module to fuse. Omit the option.',
  'wgsl/half': 'A weight is too large for 16 bits. Omit `--matrices f16`.',
  'wgsl/input': 'A node lacks an input that its kernel reads. Check the graph with `ghostc inspect`.',
  'wgsl/limit':
    'A buffer is larger than the limits of WebGPU. Use a smaller input, or raise the requested limits.',
  'wgsl/op':
    'The op has no WGSL kernel. Remove it, compute it outside, or add a kernel: CONTRIBUTING.md, "Add a kernel".',
  'wgsl/placement': 'A bug in the planner. Please report it with the model.',
  'wgsl/size': 'A tensor is too large to be indexed in WGSL. Use a smaller input.',
  'wgsl/symbolic': 'A WGSL program is for one shape. Give every open size with `--bind NAME=SIZE`.',
  'wgsl/tile': 'A tuned shape does not fit the layer. Run `ghostc tune` again for this model.',
  'wgsl/weight':
    'The kernel packs these weights at compile time, so they must be constants. Export them as initialisers.',
};
