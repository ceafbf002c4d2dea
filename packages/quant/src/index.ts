export {
  type Calibration,
  calibrate,
  type ObserveOptions,
  observeValues,
  type Sample,
  type Samples,
} from './calibrate.ts';
export { type CalibrationMethod, calibrationMethods, chooseRange } from './choose-range.ts';
export { type Normalization, noNormalization, normalize } from './data/normalize.ts';
export { readNpy } from './data/read-npy.ts';
export { centreCrop, resizeImage } from './data/resize-image.ts';
export { splitSamples } from './data/split-samples.ts';
export { Histogram } from './histogram.ts';
export { type QuantizedModel, type QuantizeOptions, type QuantReport, quantize } from './quantize.ts';
export { findScaleGroups, ScaleGroups } from './scale-groups.ts';
export type { PrecisionBudget } from './search-precision.ts';
export type { LayerSensitivity } from './sensitivity.ts';
export { ValueStatistics } from './value-statistics.ts';
