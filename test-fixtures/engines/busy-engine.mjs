/** Takes 1 ms of time for every node, 4 for a batch_norm, and answers zeros: an engine to be timed. */
export const busy = (factor) => ({
  name: 'busy',
  prepare: async (graph) => ({
    run: async () => {
      for (const { op } of graph.nodes()) wait(op === 'batch_norm' ? 4 * factor : factor);
      return new Map([...graph.outputs].map((output) => [output.name, zeros(output.value.type)]));
    },
  }),
});

function wait(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

function zeros({ shape }) {
  const sizes = shape.map(Number);
  return { dtype: 'f32', shape: sizes, data: new Float32Array(sizes.reduce((product, size) => product * size, 1)) };
}

export default busy(1);
