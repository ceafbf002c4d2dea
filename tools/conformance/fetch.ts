import { onnxTestFolder, readOnnxTest, relevantNames } from './onnx-tests.ts';

/** Fetches the ONNX backend node tests and says how many of the relevant ones are there. */
const root = process.cwd();
const folder = await onnxTestFolder(root);
const names = relevantNames(root);
const present = names.filter((name) => readOnnxTest(folder, name));
console.log(`${present.length} of ${names.length} relevant tests in ${folder}`);
