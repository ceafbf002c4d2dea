/**
 * The device, but modules, layouts and pipelines that were made before are given again: a run of many small programs
 * compiles each shader once. Pipelines are made at once, since Dawn in Node waits for the others with a whole processor.
 */
export function withPipelineCache(device: GPUDevice): GPUDevice {
  const made = new Map<string, unknown>();
  const numbers = new Map<unknown, number>();
  const remember = <T>(key: string, make: () => T): T => {
    if (!made.has(key)) {
      const result = make();
      made.set(key, result);
      numbers.set(result, numbers.size);
    }
    return made.get(key) as T;
  };
  const numberOf = (object: unknown): number => numbers.get(object) ?? -1;
  const cached: Partial<GPUDevice> = {
    createShaderModule: (one) => remember(`module ${one.code}`, () => device.createShaderModule(one)),
    createBindGroupLayout: (one) =>
      remember(`group ${JSON.stringify(one.entries)}`, () => device.createBindGroupLayout(one)),
    createPipelineLayout: (one) =>
      remember(`layout ${[...one.bindGroupLayouts].map(numberOf)}`, () => device.createPipelineLayout(one)),
    createComputePipelineAsync: (one) => {
      const { module, entryPoint } = one.compute;
      const key = `pipeline ${numberOf(module)} ${entryPoint} ${numberOf(one.layout)}`;
      return remember(key, () => pipelineOf(device, one));
    },
  };
  return new Proxy(device, {
    get: (target, name) => {
      if (Object.hasOwn(cached, name)) return cached[name as keyof GPUDevice];
      const member = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

/** Rejects with the device's words where it is invalid. */
async function pipelineOf(device: GPUDevice, one: GPUComputePipelineDescriptor): Promise<GPUComputePipeline> {
  device.pushErrorScope('validation');
  const pipeline = device.createComputePipeline(one);
  const problem = await device.popErrorScope();
  if (problem) throw new Error(problem.message);
  return pipeline;
}
