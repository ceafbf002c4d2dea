import { toBytes } from '@ghostc/ir';
import { encode } from 'flatbuffers/js/flexbuffers.js';
import type { TensorSpec } from '../encode-model.ts';
import { float, type OperatorCase, uint8 } from './operator-case.ts';

/** Boxes of 0.2 to 0.45 on a grid of five in a row. */
function anchors(count: number): TensorSpec {
  const rows = Array.from({ length: count }, (_, i) => [
    0.1 + 0.15 * Math.floor(i / 5),
    0.1 + 0.2 * (i % 5),
    0.2 + 0.05 * (i % 3),
    0.3 + 0.05 * (i % 4),
  ]);
  return { ...float(count, 4), data: toBytes(Float32Array.from(rows.flat())) };
}

/** TFLite reads anchors as bytes where the encodings are. */
function anchorBytes(count: number): TensorSpec {
  const data = Uint8Array.from({ length: 4 * count }, (_, i) => (i % 4 < 2 ? 20 + 11 * i : 60 + i) % 256);
  return { ...uint8([count, 4], 0.004, 5), data };
}

const scales = { y_scale: 10, x_scale: 8, h_scale: 5, w_scale: 4 };

/** TFLite_Detection_PostProcess. TFLite sets what follows the last box only if `use_regular_nms` is set. */
const detection = (
  name: string,
  { encodings, scores }: { encodings: TensorSpec; scores: TensorSpec },
  options: Readonly<Record<string, number | boolean>>,
): OperatorCase => {
  const most = Number(options.max_detections);
  const outputs = [float(1, most, 4), float(1, most), float(1, most), float(1)];
  const priors = encodings.type === 'UINT8' ? anchorBytes : anchors;
  const tensors = [encodings, scores, priors(encodings.shape[1] ?? 0), ...outputs];
  const places = [3, 4, 5, 6];
  return {
    name: `detection/${name}`,
    spec: {
      tensors,
      operators: [
        {
          code: 'CUSTOM',
          custom: 'TFLite_Detection_PostProcess',
          customOptions: encode({ ...scales, max_classes_per_detection: 1, ...options }),
          inputs: [0, 1, 2],
          outputs: places,
        },
      ],
      inputs: [0, 1],
      outputs: places,
    },
  };
};

export const detectionCases: readonly OperatorCase[] = [
  detection(
    'three-classes-and-background',
    { encodings: float(1, 20, 4), scores: float(1, 20, 4) },
    { num_classes: 3, max_detections: 5, nms_iou_threshold: 0.3, nms_score_threshold: -6 },
  ),
  detection(
    'fewer-than-asked',
    { encodings: float(1, 9, 4), scores: float(1, 9, 1) },
    {
      num_classes: 1,
      max_detections: 12,
      nms_iou_threshold: 0.2,
      nms_score_threshold: -2,
      use_regular_nms: true,
      detections_per_class: 100,
    },
  ),
  detection(
    'uint8',
    { encodings: uint8([1, 20, 4], 0.06, 120), scores: uint8([1, 20, 2], 0.004, 0) },
    {
      num_classes: 1,
      max_detections: 4,
      nms_iou_threshold: 0.9,
      nms_score_threshold: Number.NEGATIVE_INFINITY,
    },
  ),
];
