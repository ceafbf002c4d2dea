import type { GraphSource } from '@ghostc/ir';
import type { ModelProto } from './onnx-types.ts';

/** What a model says apart from its graph. */
export function readSource(model: ModelProto, opset: number): GraphSource {
  const others = (model.opset_import ?? []).filter(({ domain }) => domain && domain !== 'ai.onnx');
  return {
    opset,
    domains: Object.fromEntries(others.map(({ domain = '', version }) => [domain, Number(version ?? 1)])),
    producerName: model.producer_name ?? '',
    producerVersion: model.producer_version ?? '',
    domain: model.domain ?? '',
    modelVersion: Number(model.model_version ?? 0),
    docString: model.doc_string ?? '',
    graphDocString: model.graph?.doc_string ?? '',
    metadata: Object.fromEntries(
      (model.metadata_props ?? []).map(({ key = '', value = '' }) => [key, value]),
    ),
    formatVersion: Number(model.ir_version ?? 0),
    functions: model.functions ?? [],
    statesTypes: Boolean(model.graph?.value_info?.length),
  };
}
