import {
  installLines,
  type Manager,
  managers,
  systemManager,
  type ToolId,
  tool,
  toolIds,
} from '@ghostc/runtimes';
import { Command, Option } from 'commander';
import pc from 'picocolors';
import { formatTable } from '../format.ts';

interface DoctorFlags {
  readonly for?: string;
  readonly manager?: Manager;
  readonly json?: boolean;
}

/** Everything that some target needs. */
const targets = [...new Set(toolIds.flatMap((id) => tool(id).targets))];

export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'list what is installed, what is missing, for which target, and the command that installs it',
    )
    .addOption(
      new Option('--for <target>', 'what this target needs; exit code 1 if some of it is missing').choices(
        targets,
      ),
    )
    .addOption(
      new Option('--manager <name>', "package manager of the commands; this machine's own if absent").choices(
        managers,
      ),
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ghostc doctor\n  ghostc doctor --for c@cortex-m4\n  ghostc doctor --manager brew --json',
    )
    .action(runDoctor);
}

function runDoctor({ for: target, manager = systemManager(), json }: DoctorFlags): void {
  const tools = toolIds.filter((id) => !target || tool(id).targets.includes(target)).map(examine);
  const missing = tools.filter((one) => !one.found);
  const commands = installLines(missing, manager);
  if (target && missing.length > 0) process.exitCode = 1;
  if (json) {
    console.log(
      JSON.stringify(
        { node: process.versions.node, platform: process.platform, manager, tools, commands },
        null,
        2,
      ),
    );
    return;
  }
  console.log(formatTable(['', 'tool', 'needed for'], tools.map(row)));
  console.log(
    missing.length
      ? `get what is missing:\n${commands.map((line) => `  ${line}`).join('\n')}`
      : 'nothing is missing',
  );
}

type Examined = ReturnType<typeof examine>;

function examine(id: ToolId) {
  const { name, targets, packages, page, found } = tool(id);
  return { id, name, targets, found: found(), packages, page };
}

function row({ name, targets, found }: Examined): readonly string[] {
  return [found ? pc.green('found') : pc.red('missing'), name, targets.join(', ')];
}
