import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkWritten, type WrittenCheck } from '../tflite/check-written.ts';
import { runVela } from '../tflite/run-vela.ts';
import { referenceFiles, writtenModels } from '../tflite/written-models.ts';

const usage = `npm run verify:tflite -- [--model FILE]... [--only float|int8] [--json]

Writes every reference model as TFLite, as it is and in int8 (calibrated on seeded inputs), and shows of each:
  litert   LiteRT's reference kernels give the interpreter's bits for int8, and stay within what rounding explains for float
  changed  operators that differ when the file is read back and written again: none
  npu      operators that Vela puts on an Ethos-U55, of all: it takes every model in int8, and GhostNet 1.0x as a whole

The report of Vela is printed for each model named, or for GhostNet 1.0x.

  --model FILE  these models (.onnx, .tflite) instead
  --only KIND   float or int8
  --json        print JSON

Examples:
  npm run verify:tflite
  npm run verify:tflite -- --model model.onnx --only int8

Exit code 0 only if all hold.`;

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    model: { type: 'string', multiple: true },
    only: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});

/** The model whose operators must all run on the NPU. */
const wholeOnNpu = 'ghostnet_v1_100_224';

type Row = WrittenCheck & { readonly npu?: string; readonly vela?: string };

if (values.help) console.log(usage);
else await main();

async function main(): Promise<void> {
  const models = (values.model ?? referenceFiles())
    .flatMap(writtenModels)
    .filter(({ kind }) => !values.only || values.only === kind);
  const rows: Row[] = [];
  for (const model of models) {
    process.stderr.write(`${model.name}, ${model.kind} ...\n`);
    const { written, ...check } = await checkWritten(model);
    rows.push(model.kind === 'int8' ? { ...check, ...velaOf(check, written) } : check);
  }
  print(rows);
  process.exitCode = rows.every(({ holds }) => holds) ? 0 : 1;
}

/** Vela has to take every model; only GhostNet 1.0x has to be whole on the NPU. */
function velaOf(check: WrittenCheck, written: Uint8Array): Pick<Row, 'npu' | 'vela' | 'holds'> {
  const command = join(process.env.GHOSTC_VENV ?? '', 'vela');
  const result = runVela(command, check.model, written);
  if ('problem' in result) return { npu: result.problem, holds: false };
  const must = check.model === wholeOnNpu;
  const { npu, cpu, report } = result;
  const shown = values.model || must;
  return {
    npu: `${npu} of ${npu + cpu}`,
    holds: check.holds && (!must || cpu === 0),
    ...(shown && { vela: report }),
  };
}

function print(rows: readonly Row[]): void {
  if (values.json) {
    console.log(JSON.stringify(rows, null, 2));
    return;
  }
  console.table(rows.map(({ vela: _, ...row }) => row));
  for (const { vela, model } of rows) if (vela) console.log(`\nVela on ${model}:\n${vela}`);
}
