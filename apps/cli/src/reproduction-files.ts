import type { BisectReport } from '@ghostc/bisect';
import { compileC, compileWgsl, type OutputFiles } from '@ghostc/compiler';
import { saveOnnx } from '@ghostc/edit';
import { CompileError, entryOf, printGraph, type Tensor } from '@ghostc/ir';
import { dataSetFiles } from '@ghostc/onnx';
import { registry } from '@ghostc/ops';
import { reproductionMain } from './reproduction-main.ts';
import { reproductionPage } from './reproduction-page.ts';
import { runtimeSource } from './runtime-source.ts';

export interface Reproduction {
  /** `model.onnx`, `model.gir`, C with a main that compares, a page that does; `test_data_set_0/` with inputs and expected outputs. */
  readonly files: OutputFiles;
  /** Why a form is missing. */
  readonly missing: readonly string[];
}

export interface ReproductionText {
  readonly title: string;
  /** README.md: who differs, how to run it again, and what the programs next to it are. */
  readonly words: string;
}

type Smallest = NonNullable<BisectReport['smallest']>;
type Form = (content: Content) => Iterable<readonly [string, string | Uint8Array]>;

interface Content extends Smallest {
  readonly given: readonly Tensor[];
  readonly expected: readonly Tensor[];
  readonly allowed: readonly Float64Array[];
  readonly title: string;
}

const forms: Readonly<Record<string, Form>> = {
  onnx: ({ graph }) => [['model.onnx', saveOnnx(graph)]],
  gir: ({ graph }) => [['model.gir', printGraph(graph, registry).text]],
  c: cFiles,
  html: (content) => [['model.html', htmlText(content)]],
  data: ({ given, expected }) => dataSetFiles({ inputs: given, outputs: expected }),
};

/**
 * What others need to reproduce the difference: the model, its data, a C program that exits with 1 if C
 * differs, and a page that marks where WGSL does. Expected is the first runtime's result. A form that has no
 * code for the model is omitted.
 */
export function reproductionFiles(smallest: Smallest, { title, words }: ReproductionText): Reproduction {
  const { graph, inputs, outcome } = smallest;
  const content: Content = {
    ...smallest,
    title,
    given: graph.inputs.map(({ name }) => entryOf(inputs, name)),
    expected: graph.outputs.map(({ name }) => (outcome.a ?? outcome.b)?.get(name) as Tensor),
    allowed: graph.outputs.map(({ name }) => entryOf(outcome.allowed, name)),
  };
  const files = new Map<string, string | Uint8Array>([['README.md', words]]);
  const missing: string[] = [];
  for (const [name, form] of Object.entries(forms)) {
    try {
      for (const [file, text] of form(content)) files.set(file, text);
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
      missing.push(`no ${name}: ${error.message}`);
    }
  }
  return { files, missing };
}

function cFiles({ graph, ...content }: Content): Map<string, string | Uint8Array> {
  const { files, inputs, outputs } = compileC(graph, { name: 'model', weights: 'c' });
  return new Map([...files, ['main.c', reproductionMain({ ...content, inputs, outputs })]]);
}

function htmlText({ graph, given, ...content }: Content): string {
  const program = compileWgsl(graph, { name: 'model' });
  return reproductionPage({ ...content, program, inputs: given, runtime: runtimeSource('wgsl') });
}
