import { backendAdvice } from './backend-advice.ts';

/**
 * What each error code means and what to do, for docs/errors.md; the message has names and numbers. documents.test.ts
 * detects a code that is missing here, and one that no source throws.
 */
export const errorAdvice: Readonly<Record<string, string>> = {
  ...backendAdvice,
  'bind/conflict': 'One dimension gets two sizes. Make the inputs agree, or bind another size.',
  'bind/dimension':
    'The model has no dimension of that name, or the size is not a positive integer. `ghostc inspect` lists the names.',
  'bind/kept':
    'Sizes were bound after a pass had changed the graph. Bind the graph as it was read, before `optimize`.',
  'board/about':
    'The firmware is from another version of ghostc. Build it again with `ghostc board`, and flash it.',
  'board/clock': 'The firmware knows no cycle counter of the core. Define `board_ticks`: docs/board.md.',
  'board/cut':
    'The port closed and did not come back. Check the cable, and what else may have reset the board.',
  'board/frame':
    'Data from the port is corrupted. Check `--baud`, 8 bits, no parity, and that nothing else uses the port.',
  'board/model':
    'The board runs another model. Give the model that its firmware was built from, with the same `--bind`, or flash the firmware of this one.',
  'board/port': 'The port cannot be opened. Check `--port`, its permissions, and that nothing else uses it.',
  'board/request': 'Firmware and command do not match. Build the firmware again with `ghostc board`.',
  'board/reset':
    'The board was reset twice: a watchdog, a fault or the supply. Feed the watchdog in `board_before_layer`; check stack and memory.',
  'board/run':
    'The run ended with that status of `enum <name>_status`. 4: write the weights of this firmware to the board; 5: `board_before_layer` asked for it.',
  'board/timeout':
    'The board did not answer. Check that the firmware runs, check the baud rate, or raise `--timeout` for a slow layer.',
  'board/version': 'The firmware is from another release. Build it again with `ghostc board`, and flash it.',
  'cli/FLAG': 'The option belongs to another `--target`; the code names it. Omit it, or change the target.',
  'cli/baseline':
    'The baseline is not a report of `ghostc conform --json`. Write a new one with the baseline engine.',
  'cli/bind':
    'Write `--bind NAME=SIZE`, each name once; for pages, every name needs the same number of sizes, or one.',
  'cli/bisect': 'Bisecting compares two things. Give `--b RUNTIME` or a second model.',
  'cli/filter': '`--filter` matches no case. `ghostc conform --list` prints the names.',
  'cli/labels': 'Labels are given twice. Folders of pictures are labels; `--labels` goes with arrays.',
  'cli/list': 'A line of the list does not have the form `NAME REASON`. Correct that line.',
  'cli/model': 'Give a model, or `--list`.',
  'cli/models': 'The two models have different inputs or outputs. Compare models with the same signature.',
  'cli/onnx-tests': 'Two folders give cases of the same name. Rename one.',
  'cli/option': 'The value of an option is invalid, or two options conflict. The message shows the form.',
  'cli/pairs': 'Write pairs as NAME=NAME, with commas or spaces between them.',
  'cli/pass': 'There is no pass of that name. `ghostc opt --list` prints them.',
  'cli/port': 'The target `board` needs the serial port of a board: `--port /dev/ttyACM0`.',
  'cli/rounds': 'Give `--rounds` a positive integer.',
  'cli/runtime': 'Give one of `--runtime` and `--exec`; a module exports `default { name, prepare }`.',
  'cli/settings': 'Write settings as KEY=VALUE with commas between them; `ghostc edit --help` has the keys.',
  'cli/target':
    'The target `original` runs the source model in ONNX Runtime. Give an `.onnx` file, or omit the target.',
  'compile/symbolic': 'An input has an open size that this target needs. Give it with `--bind NAME=SIZE`.',
  'concat/infer':
    'The parts of a concat differ in an axis other than the joined one. Correct the shapes or the axis.',
  'concat/quant': 'The parts of a concat have different scales. Requantise them to one scale first.',
  'conv_transpose2d/infer':
    "Channels, weights and groups do not match. Correct the weights' shape [C,M/group,kH,kW] or `group`.",
  'conv2d/infer':
    "Channels, weights and groups do not match. Correct the weights' shape [M,C/group,kH,kW] or `group`.",
  'data/batch': 'The model takes several items at once. Export it with a batch of 1, or an open one.',
  'data/classes': 'A folder has a name that is not in the file of classes. Add it, or rename the folder.',
  'data/empty':
    'The folder contains no data set. Give `test_data_set_K` folders, `.npz`, `.npy` or `.pb` files.',
  'data/image':
    'The picture cannot be read, or does not fit the input. Use PNG or JPEG, and `--resize` or `--crop`.',
  'data/kind': 'This kind of file is not read. Give `.npz`, `.npy` or `.pb`.',
  'data/labelled':
    'The folder has no folder for each class. Sort the pictures into folders named as the classes.',
  'data/labels': 'The labels do not match the items, or are negative. Correct them, or `--label-offset`.',
  'data/layout': 'The array does not have the rank of images. Give rank 4, or omit `--layout`.',
  'data/missing': 'There is no such file or folder. Check the path.',
  'data/normalization':
    'Mean and standard deviation must be one finite number, or one per channel; standard deviations must not be 0.',
  'data/raw':
    'A raw file does not contain its shape, or has another size than the given one. Give `--shape` and `--dtype`.',
  'data/shape': 'A tensor has another shape than the model. Change the data, or bind other sizes.',
  'data/type': 'A tensor has another element type than the model. Convert the data.',
  'depthwise_conv2d/infer':
    'Depthwise weights are [M,1,kH,kW] with M at most channels times multiplier. Correct them.',
  'dfc_attention/infer': 'The attention map and the features differ in batch or channels. Correct the graph.',
  'edit/ambiguous': 'More than one node fits the query. Ask for its name, or use `findNodes`.',
  'edit/batch':
    'This model cannot have another batch: the node that the message names mixes the samples, or holds a value per sample. Change that node first, or export the model with the batch that you need.',
  'edit/cycle': 'A value would depend on itself. Insert nodes after their inputs.',
  'edit/merge': 'Two functions of one name differ. Rename one of them in its model.',
  'edit/not-found': 'No node or value fits. `allValues(graph)` and `ghostc inspect` list the names.',
  'edit/postprocess': 'Say which output is meant; boxes are [..., 4].',
  'edit/preprocess':
    'Say which input is meant: an image [N,C,H,W] of floats. Lists have a number for each channel; std is not 0.',
  'edit/prune':
    'The node that the message names needs the channel, or it is an input or output. Choose others, or prune before the model is optimised.',
  'edit/split': 'A value from before the cut is read after it. Name it as an output of the head too.',
  'edit/type': 'The replacement has another type than the node. Convert or reshape its result.',
  'engine/died': "The engine's process ended. The message has its last output; run the command by hand.",
  'engine/error': 'The engine answered with an error, which the message repeats. Correct the engine.',
  'engine/load':
    'The engine does not load. The message has its output; run the command or the module by hand.',
  'engine/outputs':
    'The engine returned a different number of outputs than the model has. Return all of them, in order.',
  'engine/protocol':
    'The engine violated the protocol: docs/engines.md. Often something prints to standard output.',
  'engine/refused': 'The engine reports that it does not support this model. That is not a failure.',
  'engine/timeout': 'The engine took too long. Raise `--timeout`, or make it faster.',
  'evaluate/classes':
    'A label is not below the number of classes of the output. Check the labels and `--label-offset`.',
  'evaluate/input': 'Accuracy is measured on models with one input. Give such a model.',
  'evaluate/output': 'The model has several outputs. Name the one with the classes.',
  'expand/infer': 'The shape does not broadcast. Each axis must be 1 or the new size.',
  'file/kind': 'A folder or device was found where a file is expected. Check the path.',
  'file/missing': 'There is no such file, folder or module. Check the path.',
  'file/size': 'The file is too large to be read. Split it, or keep weights as external data.',
  'fit/board': 'There is no board of that name. The message lists them; `--boards FILE` adds yours.',
  'fit/external-flash':
    'The board has only one flash, or the table does not list the other. Omit `--weights fetch`, or give `externalFlash` in a file of `--boards`.',
  'fit/boards-file': 'The file of boards is not as expected. The message names the entry to correct.',
  'fold/output': 'A bug in an op: it did not compute one of its outputs. Please report it with the model.',
  'fully_connected/infer': 'Weights [M,K] and input [N,K] differ in K. Correct one.',
  'fused_ghost_module/infer':
    'The parts of a fused Ghost module do not match. Only passes create this op: please report it.',
  'gemm/infer': 'The inner sizes of the two matrices differ. Correct a shape or a transposition.',
  'ghost_module/infer':
    'The cheap operation gives another number of channels than the module needs. Correct `oup` or `ratio`.',
  'ghostnet/spec':
    'Write a spec as `ghostnet:1.0`, `ghostnetv2:1.0@192/10`. The message says which part is wrong.',
  'ghostnet/state-dict':
    'Names or shapes of the weights are not those of the model. The notes list them; check the width.',
  'interpret/input':
    'An input is missing, or has another type or shape. `ghostc inspect` prints what the model expects.',
  'interpret/output':
    'A bug in an op: it did not compute one of its outputs. Please report it with the model.',
  'interpret/too-large': 'The interpreter would need too much memory or time. Bind smaller sizes.',
  'interpret/undefined':
    'A node comes before a value that it reads. Run `verify(graph)` to find where the order broke.',
  'ir/dominance': 'A node would come before a value that it reads. Insert it after its inputs.',
  'ir/constant': 'A value is computed where a constant is expected. Fold the constants of the model first.',
  'ir/name': 'Two values would have one name. Rename the other one too, or choose a free name.',
  'ir/no-output': 'The node has no output. Use `outputs`.',
  'ir/not-in-graph': 'The node or value belongs to another graph, or was removed. Use one of this graph.',
  'ir/still-used':
    'A value that is still read cannot be removed. Redirect its users first: `replaceAllUses`.',
  'grid_sample/infer': 'The grid is [N,height,width,2] of the type of x, with the same N. Correct its shape.',
  'jobs/kind':
    'A message requests a kind of job that this worker does not have. Start workers of the same version.',
  'jobs/queue':
    'The queue cannot be reached, or refuses the password. Check the URL, and that Redis or Valkey runs there.',
  'jobs/store':
    'The store lacks a file of the job, or has another one. Give `ghostc worker --store` the same location as the command.',
  'layer_norm/infer': 'Scale and shift have the sizes of the axes that are normalised. Correct their shapes.',
  'lower/unsupported':
    'No kernel computes this op. `--target onnx` keeps it; docs/op-support.md lists what the other targets support.',
  'matmul/infer': 'The inner sizes differ, or an operand has rank 1 or 0. Correct the shapes.',
  'npy/header': 'The header of the `.npy` file is damaged. Save it again.',
  'npy/magic': 'The file is not an `.npy` file. Save it with `numpy.save`.',
  'npy/order': 'The array is in Fortran order. Save `numpy.ascontiguousarray(x)`.',
  'npy/shape': "The header's shape is damaged. Save the file again.",
  'npy/size': 'The file has more or fewer bytes than its header says. Copy or save it again.',
  'npy/type':
    'The element type is not supported. Save with `x.astype(...)` as a type that the message names.',
  'npy/version': 'The version of the format is unknown. Save it with `numpy.save`.',
  'onnx/attribute': 'An attribute has a value that the op does not allow. Correct the exporter.',
  'onnx/cycle': 'A node reads its own result. Correct the exporter.',
  'onnx/data-dependent':
    'A size in the model depends on the values of its inputs. Cut the model before that node (`ghostc extract`), and do the rest in your code.',
  'onnx/decode': 'The bytes are not an ONNX model, or are truncated. Copy the file again.',
  'onnx/duplicate': 'One name is defined twice. Rename one: ONNX is SSA.',
  'onnx/dynamic-shape':
    'A size is computed at run time. Give the open sizes with `--bind NAME=SIZE`, or simplify the model.',
  'onnx/element-type': 'The element type is not supported. Convert the tensor in the model.',
  'onnx/encode': 'The model cannot be written as protobuf. Use external data for more than 2 GB.',
  'onnx/external-data':
    "The file of external weights is missing, damaged, or outside the model's folder. Put it next to the model.",
  'onnx/input':
    'An input or operand is missing, or has no shape. Run ONNX shape inference, or correct the exporter.',
  'onnx/input-constant': 'A static compiler needs this input as a constant. Make it an initialiser.',
  'onnx/integer': 'An integer is beyond 2^53. Correct the exporter.',
  'onnx/opset': 'The opset is not supported. Convert the model with `onnx.version_converter`.',
  'onnx/output': 'An output is not computed by the graph. Correct the exporter.',
  'onnx/quantization':
    'Scales or zero points are invalid. Scales are positive; there is one zero point for each scale.',
  'onnx/recursion': 'A function of the model calls itself. Unfold it.',
  'onnx/tensor':
    "A tensor's data does not match its shape, or its form is not supported. Save the model again.",
  'onnx/too-large': 'The unfolded model exceeds the limit. Simplify it.',
  'onnx/unknown-op':
    'The op is not supported: docs/op-support.md. Express it with other ops, or add it: CONTRIBUTING.md.',
  'onnx/unknown-value': 'A node reads a name that nothing defines. Correct the exporter.',
  'onnx/unsupported':
    'The op is known, this form of it is not. The message says which attribute or type to change.',
  'onnx/write': 'The graph has something that ONNX cannot express in this opset. Use another target.',
  'op/attribute': 'An attribute does not match the weights. Omit it, or correct it.',
  'op/axis': 'The axis is outside the rank. It runs from -rank to rank - 1.',
  'op/bias': 'The bias has another length than the output has channels. Correct it.',
  'op/dtype': 'The op does not support this element type, or its operands differ. Insert a `cast`.',
  'op/index': 'An index is outside its axis. Correct the indices.',
  'op/line': 'A window over [N,C,L] has height 1. Write the weights as [M,C,1,k].',
  'op/missing-input': 'A required input is absent. Connect it.',
  'op/rank': 'The op expects another rank. Reshape the input.',
  'op/residual': 'The residual has another shape than the output. Correct it, or add it separately.',
  'op/too-large': 'A constant would become too large to be computed at compile time. Use smaller sizes.',
  'op/unknown': 'There is no op of that name. docs/op-support.md lists all.',
  'op/window': 'The window is larger than the padded input. Use a larger input or a smaller kernel.',
  'pad/infer': '`pads` has all begins, then all ends: two numbers for each axis.',
  'page/labels':
    'The file has another number of lines than an output has values. Give a line for each class, in order.',
  'parse/attribute':
    'An attribute of the text is malformed. Write `{name=1}`, `{name=[1,2]}` or `{name="text"}`.',
  'parse/duplicate': 'A name is defined twice. Rename one.',
  'parse/element': 'A number is outside its element type. Correct it.',
  'parse/resource': 'A constant names data that was not given, or that does not fit. Give it in `resources`.',
  'parse/syntax': 'The text is not as expected at that line and column. See any `.gir` file for the form.',
  'parse/too-large':
    'The text requests more data than is allowed. Use `@name` resources for large constants.',
  'parse/type': 'A type is malformed, or differs from the inferred one. Write `f32[1,3,8,8]`.',
  'parse/unknown-op': 'There is no op of that name. docs/op-support.md lists all.',
  'parse/unknown-value': 'A value is read before the text defines it. Correct the name or the order.',
  'playground/input':
    'The model has no single input that is a picture. Run it with `ghostc verify`, on data of your own.',
  'playground/sizes': 'Write sizes as `batch=1 height=224`, with the names that the model has.',
  'playground/model': 'Nothing is open. Open a file or choose a GhostNet first.',
  'quant/activation': 'A quantised op got a float, or per-channel scales. Quantise the value with one scale.',
  'quant/missing': 'The value is a float where an integer with a scale is expected. Quantise it first.',
  'quant/axis':
    'Scales and quantised axis do not match the op. Quantise along another axis, or with one scale.',
  'quant/bias': 'A quantised bias is int32 [M] (int64 for 16-bit activations). Correct it.',
  'quant/calibration':
    'The calibration data does not fit the model. Give pictures, tensors or `test_data_set_K` folders, one kind.',
  'quant/clamp': 'The clamp is outside the element type. Correct the bounds.',
  'quant/dequantize': 'Only quantised integers can be dequantised. Quantise the value first.',
  'quant/mean': 'A mean over this many elements overflows 32 bits. Use a smaller window.',
  'quant/multiplier':
    'A ratio of scales is outside the fixed-point range. Calibrate with other data, or keep the layer in float.',
  'quant/range': 'Calibration never saw this value. Give at least one sample.',
  'quant/scale': 'A scale must be a positive float32. Correct it.',
  'quant/softmax': 'An integer softmax has fixed output scales and a limit on its axis. Keep it in float.',
  'quant/table': 'A table has one entry for each 8-bit value. Correct it, or keep the layer in float.',
  'quant/weight':
    'Quantised weights are i8 with zero points 0, and one scale or one for each output channel. Quantise them again.',
  'quant/zero-point': 'The zero point is outside its type (0 for i16). Correct it.',
  'recurrent/infer':
    'Weights, states and functions do not match the cell. Correct their shapes, or the list of functions.',
  'reshape/infer': 'The shape has another number of elements. Correct it.',
  'resize/infer': 'Sizes or scales do not match the rank. Give one for each axis.',
  'resize/size': 'The output is too long along an axis. Use a smaller size.',
  'resize/symbolic': 'An open size cannot be scaled. Give it with `--bind NAME=SIZE`.',
  'rule/arity':
    'The pattern lists a different number of inputs than the op has. List all of them, or end with `.others()`.',
  'rule/chain': '`chain` works only for associative ops. Use `op`.',
  'rule/root': "A rule's pattern starts with an op. Put `op(...)` outermost.",
  'rule/same': '`same(NAME)` refers to a capture that the pattern does not always make. Capture it first.',
  'rule/selection': 'Give `patternOf` the nodes of the pattern.',
  'rules/endless': 'The rule fires on its own result. Add an `unless` that declines it.',
  'rules/file': 'The module does not load, or exports no `rules`. Export an array made by `rule()`.',
  'rules/result':
    'The rewrite returns a different number of values than the root has outputs, or reads what it replaces. Correct it.',
  'rules/type': 'The replacement has another type than what it replaces. Correct the rewrite.',
  'rules/unknown': 'There is no rule of that name. The message lists them, or similar ones.',
  'run/browser': 'The page did not load. Check that Chromium is installed.',
  'run/device': 'There is no device of that name. The message lists them.',
  'run/failed': 'The program ran and failed. The message has the reason; please report it with the model.',
  'run/gpu':
    'There is no usable WebGPU adapter. Install a Vulkan driver (`mesa-vulkan-drivers`), or omit `wgsl`.',
  'run/input':
    'An input is missing, has another type or shape, or holds a value that the target cannot represent. `ghostc inspect` prints what the model expects.',
  'run/memory': 'The program does not fit the emulated board. Choose a larger device or a smaller model.',
  'run/onnx': 'ONNX Runtime refused or failed. The message has its error.',
  'run/output': 'A runtime returned other outputs than the model has. Please report it with the model.',
  'run/refused': 'A runtime reports that it cannot run this model. That is not a failure.',
  'run/target': 'There is no target of that name. The message lists them.',
  'run/work':
    'The model needs far more work than its size suggests. Bind smaller sizes, or give --any-work; with thousands of inputs or outputs, compile the C yourself.',
  'safetensors/dtype': 'The format has no such element type. Convert the tensor.',
  'safetensors/format': 'The file is damaged or not a safetensors file. Copy it again.',
  'safetensors/name': 'The name `__metadata__` is reserved. Rename the tensor.',
  'scale/infer': 'The exponent is out of range. Correct `by`.',
  'scatter_nd/infer': 'The updates do not have the shape that indices and data require. Correct them.',
  'shape/broadcast': 'The shapes do not broadcast. Aligned at the right, sizes are equal or 1.',
  'shape/symbol': 'The expression of a size is too long. Bind some of its names.',
  'shape/symbolic': 'A fixed shape is needed here. Give every open size with `--bind NAME=SIZE`.',
  'shape/too-large': 'The shape has more elements than can be counted. Correct it.',
  'slice/step': 'A step of 0 never ends. Give another.',
  'slice/symbolic': 'An open size cannot be cut. Give it with `--bind NAME=SIZE`.',
  'sweep/compiled':
    'A worker only runs the compilers of built-in boards. Use `"measure": "planned"` for a board of a file.',
  'sweep/data':
    'Accuracy is measured on models with one input and one output, with more than eight labelled items. Use more items, or omit `data`.',
  'sweep/other':
    'The folder has the points of another sweep. Use another `--out`, or the spec that it was created with.',
  'sweep/point':
    'No point, or more than one, has an id that begins with this; or a message describes no point. `points.jsonl` has the ids.',
  'sweep/spec': 'A field of the spec is not as expected; the message names it. docs/sweep.md has all fields.',
  'tensor/dtype': 'The data has another element type than the code expects. Convert it first.',
  'tensor/size': 'The data has another number of elements than the shape. Correct one.',
  'tflite/axis': 'The axis is outside the rank. Correct the converter.',
  'tflite/constant': 'A buffer does not have the bytes of its tensor. Convert the model again.',
  'tflite/cut':
    'No tensor has the name. `ghostc inspect` and the error for the unsupported operator list names.',
  'tflite/decode': 'The bytes are not a TFLite model, or are truncated or damaged. Copy the file again.',
  'tflite/duplicate': 'A tensor is written twice. Convert the model again.',
  'tflite/dynamic': 'A size, weight or value is computed at run time. Convert the model with fixed shapes.',
  'tflite/input': 'An operator lacks an input. Convert the model again.',
  'tflite/options': "An operator's options are of the wrong kind or invalid. Convert the model again.",
  'tflite/output': 'An operator lacks an output. Convert the model again.',
  'tflite/quantization': 'Scales are invalid, or missing for integers. Quantise the model again.',
  'tflite/rank': 'The operator reads images [N,H,W,C]. Reshape before it.',
  'tflite/rounding':
    "An int8 layer rounds differently from TFLite's kernel. Read the model with --rounding double, or quantise it with that option.",
  'tflite/runtime':
    "LiteRT's interpreter refuses the model, or died; its error follows. Report it with the model.",
  'tflite/shape':
    'A shape does not match the operator, or is too large. Convert the model with fixed, positive sizes.',
  'tflite/too-large':
    'Constants share buffers more often than a real model does: convert it again. Or a file would exceed 2 GiB.',
  'tflite/type':
    'The element type is not supported, or differs from the type of the result. Convert the model again.',
  'tflite/undefined': 'A tensor is read before it is computed. Convert the model again.',
  'tflite/unknown-op':
    'The operator is not supported: docs/tflite.md. End the model before it (ghostc edit --cut), or add it: CONTRIBUTING.md, "Add a TFLite operator".',
  'tflite/unsupported':
    'The operator is known, this form of it is not. The message says which option or type to change.',
  'tflite/version': 'The schema is not version 3. Convert the model with a current converter.',
  'tflite/write':
    'No operator of TFLite computes this. docs/tflite.md lists what is written; replace the op, or use --target c.',
  'tool/failed': 'A compiler or another tool failed. The message has its output.',
  'tool/missing': 'A tool or package is not installed. The message has the command that installs it.',
  'tool/start': 'A tool could not be started. Check that it is on the PATH.',
  'top_k/infer': '`k` is larger than the axis. Use a smaller one.',
  'transpose/infer': '`perm` names each axis once. Correct it.',
  'tune/adapter':
    'The tuning cache is for other adapters. Run `ghostc tune` on this machine, or name one that it has: `--tuned ADAPTER`.',
  'tune/cache': 'The tuning cache is damaged or of another version. Delete it and run `ghostc tune` again.',
  'tune/job':
    'A message requests a tuning that no `ghostc tune` would request. Start commands and workers of the same version.',
  'tune/layers': 'No layer has a choice of kernels. There is nothing to tune.',
  'validate/difference':
    'A pass changed what the graph computes. Please report it with the graph in the notes.',
  'verify/arity': 'A node has too many inputs or lacks one. Give those that the message lists.',
  'verify/attribute': 'An attribute is unknown or has the wrong type. The message says what is expected.',
  'verify/constant': "A constant's type differs from its data. Make both with `graph.addConstant`.",
  'verify/dominance': 'A value is read before it is defined. Change the order.',
  'verify/output': 'A graph output is not in the graph, or its name is already used. Correct it.',
  'verify/producer': 'The graph was changed incorrectly: use only the methods of `Graph`.',
  'verify/redefined': 'A value is defined twice. Give each its own name.',
  'verify/type':
    "A node's type differs from the inferred one. Build nodes with `buildNode`, which infers it.",
  'verify/unknown-op': 'There is no op of that name in the registry. docs/op-support.md lists all.',
  'verify/use-list': 'The graph was changed incorrectly: use only the methods of `Graph`.',
  'write/busy': 'Another process is writing to this folder. Wait, or choose another `--out`.',
  'write/folder': 'A file has the name of the output folder. Remove it, or choose another `--out`.',
  'write/link': 'The output folder is a link. Give its real path.',
  'write/name': "An output's name is not a plain file name. Choose another `--name`.",
  'write/target': 'The output cannot be written there. The message says why.',
  'zip/format': 'The archive is not in the format of `numpy.savez`. Save it again.',
};
