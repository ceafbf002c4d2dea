import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The models of MLPerf Tiny that ship as TFLite, with their files in its repository. */
const sources = {
  ic_int8: 'image_classification/trained_models/pretrainedResnet_quant.tflite',
  ic_float: 'image_classification/trained_models/pretrainedResnet.tflite',
  kws_int8: 'keyword_spotting/trained_models/kws_ref_model.tflite',
  kws_float: 'keyword_spotting/trained_models/kws_ref_model_float32.tflite',
  vww_int8: 'visual_wake_words/trained_models/vww_96_int8.tflite',
  vww_float: 'visual_wake_words/trained_models/vww_96_float.tflite',
} as const;
export type TinyModel = keyof typeof sources;

export const tinyModels = Object.keys(sources) as TinyModel[];

/** Where they lie: they are not part of this repository. */
const folder = process.env.GHOSTC_MLPERF_TINY ?? join(process.cwd(), '../shared/models/mlperf-tiny');

/** The bytes of one; null where it is not here. */
export function findTiny(name: TinyModel): Uint8Array | null {
  const file = join(folder, `${name}.tflite`);
  return existsSync(file) ? readFileSync(file) : null;
}

/** The bytes of one. Throws with where to get it. */
export function needTiny(name: TinyModel): Uint8Array {
  const bytes = findTiny(name);
  if (bytes) return bytes;
  throw new Error(
    `${join(folder, `${name}.tflite`)} is not here: it is benchmark/training/${sources[name]} of github.com/mlcommons/tiny; GHOSTC_MLPERF_TINY names another folder`,
  );
}
