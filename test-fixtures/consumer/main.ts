import { type CProgram, compileC, type Graph, parseGraph, registry } from 'ghostc';

const model: Graph = parseGraph(
  `graph @net(%x: f32[1,3,8,8])
     const %w: f32[4,3,3,3] = random(1)
     %0 = conv2d %x, %w {pads=[1, 1, 1, 1]}
     %y = relu %0
     return %y`,
  { registry },
);
const program: CProgram = compileC(model, { device: 'cortex-m4' });
console.log([...program.files.keys()].join(' '));
