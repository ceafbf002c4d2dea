import { CompileError } from '@ghostc/ir';
import type { PortOptions } from '@ghostc/runtimes';
import type { Command } from 'commander';
import { parsePositive } from './parse-count.ts';

export interface BoardFlags {
  readonly port?: string;
  readonly baud: number;
  readonly timeout: number;
}

/** Adds the options for a board on a serial port. */
export function boardOptions(command: Command): Command {
  return command
    .option('--port <path>', 'serial port of a board with the firmware of ghostc board')
    .option('--baud <bits>', 'speed of the port, bits a second', parsePositive, 115200)
    .option(
      '--timeout <seconds>',
      'without a word from the board; one layer may take as long',
      parsePositive,
      10,
    );
}

/** Throws `cli/port` where there is none. */
export function portOf({ port, baud, timeout }: BoardFlags): PortOptions {
  if (port === undefined)
    throw new CompileError('cli/port', 'the target board is reached over a serial port; expected --port');
  return { path: port, baud, timeout };
}
