import { basename } from 'node:path';
import { type ConformanceTest, onnxTestFolder, readOnnxTest, relevantNames } from './onnx-tests.ts';
import { suiteTests } from './suite-tests.ts';

export interface Gathered {
  readonly tests: readonly ConformanceTest[];
  /** Names that this source of the tests does not have. */
  readonly absent: readonly string[];
  /** Where the ONNX tests are from. */
  readonly source: string;
}

/** The ONNX backend tests and the cases of packages/conformance whose names are selected. */
export async function gatherTests(root: string, selected: (name: string) => boolean): Promise<Gathered> {
  const folder = await onnxTestFolder(root);
  const names = relevantNames(root).filter(selected);
  const found = names.map((name) => readOnnxTest(folder, name) ?? name);
  const absent = found.filter((one) => typeof one === 'string');
  const tests = found.filter((one) => typeof one !== 'string');
  return { tests: [...tests, ...suiteTests(selected)], absent, source: basename(folder) };
}
