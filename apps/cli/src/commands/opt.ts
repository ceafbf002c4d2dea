import { dirname } from 'node:path';
import { CompileError, type Graph, printGraph, verify } from '@ghostc/ir';
import { registry } from '@ghostc/ops';
import { optimizationPasses, type Pass, passes, rulePass, runPasses } from '@ghostc/passes';
import { checkPasses, PassDifference } from '@ghostc/validation';
import { Command } from 'commander';
import { bindOption } from '../bind-option.ts';
import { graphFiles, textFiles } from '../graph-files.ts';
import { loadModel } from '../load-model.ts';
import { loadRules } from '../load-rules.ts';
import { writeFiles } from '../write-files.ts';
import { modelArgument } from './compile.ts';

interface OptFlags {
  readonly pass?: readonly string[];
  readonly printAfter?: string;
  readonly bind: ReadonlyMap<string, number>;
  readonly verifyEach?: boolean;
  readonly checkEach?: boolean;
  readonly rules?: string;
  readonly out?: string;
  readonly list?: boolean;
}

export function optCommand(): Command {
  return new Command('opt')
    .description('run passes over a model or a text graph and print the text form')
    .addArgument(modelArgument().argOptional())
    .option('--pass <name...>', 'passes to run, in order; all of the optimiser if absent')
    .option('--print-after <pass>', 'also print the graph after this pass, or after "all"')
    .addOption(bindOption())
    .option('--verify-each', 'run the verifier after every pass')
    .option('--check-each', 'run the interpreter before and after every pass and compare')
    .option(
      '--rules <file>',
      'apply the rules of a .ts or .js file, instead of the optimiser unless --pass names passes',
    )
    .option('--out <file>', 'write .onnx, or .gir with its weights as .gir.safetensors, instead of printing')
    .option('--list', 'list the passes')
    .addHelpText(
      'after',
      '\nExamples:\n  ghostc opt block.gir --pass canonicalize --pass fold-batch-norm --verify-each\n  ghostc opt model.onnx --print-after raise-ghost-module\n  ghostc opt --list',
    )
    .action(runOpt);
}

async function runOpt(model: string | undefined, flags: OptFlags): Promise<void> {
  if (flags.list) {
    console.log([...passes.keys()].join('\n'));
    return;
  }
  if (!model) throw new CompileError('cli/model', 'expected a model, or --list');
  const { graph } = loadModel(model, { bind: flags.bind });
  const chosen = await choosePasses(flags);
  const onPass = ({ name }: Pass): void => {
    if (flags.printAfter === name || flags.printAfter === 'all')
      console.log(`# after ${name}\n${printGraph(graph).text}`);
  };
  if (flags.checkEach) await checkEach(graph, chosen, onPass);
  else runPasses(graph, chosen, { verifyEach: flags.verifyEach ?? false, onPass });
  verify(graph, registry);
  finish(graph, flags);
}

/** Where the smallest failing graph goes. */
const FAILING = 'failing-graph.gir';

async function checkEach(graph: Graph, chosen: readonly Pass[], onPass: (pass: Pass) => void): Promise<void> {
  try {
    checkPasses(graph, chosen, { onPass });
  } catch (error) {
    if (!(error instanceof PassDifference)) throw error;
    writeFiles('.', textFiles(error.graph, FAILING));
    throw error.at({}, [`saved as ${FAILING}`]);
  }
}

async function choosePasses({ pass: names, printAfter, rules }: OptFlags): Promise<readonly Pass[]> {
  const own = rules ? [rulePass('rules', ...(await loadRules(rules)))] : [];
  const named = names?.map(findPass) ?? [];
  if (printAfter && printAfter !== 'all' && printAfter !== 'rules') findPass(printAfter);
  if (own.length === 0 && named.length === 0) return optimizationPasses;
  return [...named, ...own];
}

function findPass(name: string): Pass {
  const pass = passes.get(name);
  if (pass) return pass;
  throw new CompileError('cli/pass', `there is no pass ${name}; there are ${[...passes.keys()].join(', ')}`);
}

function finish(graph: Graph, { out }: OptFlags): void {
  if (out === undefined) console.log(printGraph(graph).text);
  else writeFiles(dirname(out), graphFiles(graph, out));
}
