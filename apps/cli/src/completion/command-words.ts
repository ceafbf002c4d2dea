import type { Command, Option } from 'commander';

/** What a shell offers for an option. */
export interface OptionWords {
  readonly flag: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** Values that there are; empty if it may be any. */
  readonly choices: readonly string[];
}

/** What a shell offers after a command. */
export interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionWords[];
  /** Words that its arguments may be; empty for files. */
  readonly choices: readonly string[];
}

/** The commands of a program, as its help lists them. */
export function commandWords(program: Command): readonly CommandWords[] {
  const shown = program.createHelp().visibleCommands(program);
  return shown.filter((command) => command.name() !== 'help').map(wordsOf);
}

function wordsOf(command: Command): CommandWords {
  return {
    name: command.name(),
    description: command.description(),
    options: command.options.filter(({ hidden, long }) => !hidden && long).map(optionWords),
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  };
}

function optionWords({ long, description, required, optional, argChoices }: Option): OptionWords {
  return {
    flag: long as string,
    description,
    takesValue: required || optional,
    choices: argChoices ?? [],
  };
}
