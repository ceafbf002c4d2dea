import {
  rules as builtIn,
  explainRule,
  findRule,
  loweringPasses,
  optimizationPasses,
  type Rule,
} from '@ghostc/passes';
import { Command } from 'commander';
import pc from 'picocolors';
import { bindOption } from '../bind-option.ts';
import { formatTable } from '../format.ts';
import { loadModel } from '../load-model.ts';
import { loadRules } from '../load-rules.ts';
import { modelArgument } from './compile.ts';

interface ExplainFlags {
  readonly rule: string;
  readonly rules?: string;
  readonly bind: ReadonlyMap<string, number>;
  readonly json?: boolean;
}

export function explainCommand(): Command {
  return new Command('explain')
    .description('show where a rule fires on a model, and why it does not elsewhere')
    .addArgument(modelArgument())
    .requiredOption('--rule <name>', 'the rule')
    .option('--rules <file>', 'a file with rules of your own, .ts or .js')
    .addOption(bindOption())
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ghostc explain model.onnx --rule raise-ghost-module\n  ghostc explain model.onnx --rules ./my-rules.ts --rule my-rule',
    )
    .action(runExplain);
}

async function runExplain(
  model: string,
  { rule: name, rules: file, bind, json }: ExplainFlags,
): Promise<void> {
  const own = file ? await loadRules(file) : [];
  const known = new Map<string, Rule>([...builtIn, ...own.map((rule): [string, Rule] => [rule.name, rule])]);
  const rule = findRule(known, name);
  const explanation = explainRule(
    loadModel(model, { bind }).graph,
    rule,
    own.includes(rule) ? [] : [...optimizationPasses, ...loweringPasses],
  );
  if (json) {
    console.log(JSON.stringify({ model, ...explanation }, null, 2));
    return;
  }
  console.log(
    `${name} fired ${explanation.fired.length} times and declined ${explanation.declined.length} times`,
  );
  const rows = [
    ...explanation.fired.map(({ node, op }) => [pc.green('fired'), op, short(node), '']),
    ...explanation.declined.map(({ node, op, reason }) => ['declined', op, short(node), reason]),
  ];
  if (rows.length) console.log(formatTable(['', 'op', 'node', 'reason'], rows));
}

/** Many nodes may have become one: the first and the last name. */
function short(node: string): string {
  const names = node.split(', ');
  return names.length > 2 ? `${names[0]} ... ${names.at(-1)}` : node;
}
