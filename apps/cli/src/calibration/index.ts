export { type CalibrationSpec, parseCalibrationSpec } from './calibration-spec.ts';
export { decodeImage } from './decode-image.ts';
export { loadCalibration } from './load-calibration.ts';
