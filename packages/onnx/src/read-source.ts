import type { GraphSource } from '@ghostc/ir';
import type { GraphProto, ModelProto } from './onnx-types.ts';

/** What a model contains besides its graph. */
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
    graphMetadata: model.graph?.metadata_props ?? [],
    notes: model.graph ? notesOf(model.graph) : new Map(),
    formatVersion: Number(model.ir_version ?? 0),
    functions: model.functions ?? [],
    statesTypes: Boolean(model.graph?.value_info?.length),
  };
}

/** The first of several entries, such as an input before an initializer. */
function notesOf({
  input = [],
  output = [],
  value_info = [],
  initializer = [],
}: GraphProto): Map<string, object> {
  const noted = [...initializer, ...value_info, ...output, ...input].filter(
    ({ doc_string, metadata_props }) => doc_string || metadata_props?.length,
  );
  return new Map(
    noted.map(({ name = '', doc_string = '', metadata_props = [] }) => [
      name,
      { doc_string, metadata_props },
    ]),
  );
}
