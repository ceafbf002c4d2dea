import { Argument, Command } from 'commander';
import { completionScript, type Shell, shells } from '../completion/completion-script.ts';

export function completionCommand(): Command {
  return new Command('completion')
    .description('print the completion of ghostc for a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText(
      'after',
      '\nExamples:\n  ghostc completion bash > ~/.local/share/bash-completion/completions/ghostc\n  ghostc completion zsh > ~/.zsh/completions/_ghostc\n  ghostc completion fish > ~/.config/fish/completions/ghostc.fish',
    )
    .action((shell: Shell, _flags: unknown, command: Command) => {
      console.log(completionScript(shell, command.parent as Command));
    });
}
