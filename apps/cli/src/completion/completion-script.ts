import type { Command } from 'commander';
import { type CommandWords, commandWords, type OptionWords } from './command-words.ts';

const scripts = { bash, zsh, fish };
export type Shell = keyof typeof scripts;
export const shells = Object.keys(scripts) as readonly Shell[];

/** A script that completes commands, options and their values; file names where anything is allowed. */
export function completionScript(shell: Shell, program: Command): string {
  return scripts[shell](commandWords(program));
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Where it offers no word, bash offers files. */
function bash(commands: readonly CommandWords[]): string {
  return `_ghostc() {
  local word=\${COMP_WORDS[COMP_CWORD]} words=
  case "$COMP_CWORD \${COMP_WORDS[1]} \${COMP_WORDS[COMP_CWORD-1]}" in
    '1 '*) words='${commands.map(({ name }) => name).join(' ')}' ;;
${commands.flatMap(bashValues).join('\n')}
    *) case "\${COMP_WORDS[1]} $word" in
${commands.flatMap(bashWords).join('\n')}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o bashdefault -o default -F _ghostc ghostc`;
}

function bashValues({ name, options }: CommandWords): readonly string[] {
  return options
    .filter(({ choices }) => choices.length > 0)
    .map(({ flag, choices }) => `    *' ${name} ${flag}') words='${choices.join(' ')}' ;;`);
}

function bashWords({ name, options, choices }: CommandWords): readonly string[] {
  const flags = `      '${name} -'*) words='${options.map(({ flag }) => flag).join(' ')}' ;;`;
  return choices.length ? [flags, `      '${name} '*) words='${choices.join(' ')}' ;;`] : [flags];
}

function zsh(commands: readonly CommandWords[]): string {
  const described = commands.map(({ name, description }) => `    ${quoted(`${name}:${description}`)}`);
  return `#compdef ghostc
_ghostc() {
  local -a commands=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map(zshCommand).join('\n')}
  esac
}
_ghostc "$@"`;
}

function zshCommand({ name, options, choices }: CommandWords): string {
  const files = choices.length ? `'*:word:(${choices.join(' ')})'` : `'*:file:_files'`;
  return `    ${name}) _arguments ${[...options.map(zshOption), files].join(' ')} ;;`;
}

function zshOption({ flag, description, takesValue, choices }: OptionWords): string {
  const text = description.replaceAll(/[[\]:]/g, (mark) => `\\${mark}`);
  const value = choices.length ? `:value:(${choices.join(' ')})` : ':value:_files';
  return quoted(`${flag}[${text}]${takesValue ? value : ''}`);
}

function fish(commands: readonly CommandWords[]): string {
  const first = commands.map(
    ({ name, description }) =>
      `complete -c ghostc -n __fish_use_subcommand -f -a ${name} -d ${quoted(description)}`,
  );
  return [...first, ...commands.flatMap(fishCommand)].join('\n');
}

function fishCommand({ name, options, choices }: CommandWords): readonly string[] {
  const start = `complete -c ghostc -n '__fish_seen_subcommand_from ${name}'`;
  const words = choices.length ? [`${start} -f -a '${choices.join(' ')}'`] : [];
  return [
    ...words,
    ...options.map(({ flag, description, takesValue, choices }) => {
      const value = choices.length ? ` -x -a '${choices.join(' ')}'` : takesValue ? ' -r' : '';
      return `${start} -l ${flag.slice(2)}${value} -d ${quoted(description)}`;
    }),
  ];
}
