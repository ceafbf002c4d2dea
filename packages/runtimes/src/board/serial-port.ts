import { closeSync, constants, openSync, statSync } from 'node:fs';
import { isatty, ReadStream } from 'node:tty';
import { CompileError, messageOf } from '@ghostc/ir';
import { runProcess } from '../process/run-process.ts';

/** An open serial port. */
export interface SerialPort {
  write(bytes: Uint8Array): void;
  close(): void;
}

export interface SerialEvents {
  onData(bytes: Uint8Array): void;
  /** The device is gone: a cable was pulled, or the other end of a pseudo terminal closed. */
  onCut(): void;
}

/**
 * Opens a serial port or pseudo terminal: 8 bits, no parity, no handshake, at `baud`. Node's own terminal stream reads and writes
 * without blocking; `stty` sets the speed. Throws `board/port`.
 */
export async function openSerial(path: string, baud: number, events: SerialEvents): Promise<SerialPort> {
  checkPort(path);
  const stty = [process.platform === 'linux' ? '-F' : '-f', path];
  const line = [`${baud}`, 'raw', '-echo', 'clocal', '-crtscts', '-parenb', 'cs8'];
  try {
    await runProcess('stty', [...stty, ...line], { cwd: '/', timeout: 2 });
  } catch (error) {
    throw portProblem(
      path,
      `stty cannot set ${baud} baud: ${error instanceof CompileError ? error.detail : messageOf(error)}`,
    );
  }
  const stream = new ReadStream(opened(path));
  stream.on('data', events.onData);
  for (const end of ['end', 'error', 'close']) stream.on(end, () => events.onCut());
  return { write: (bytes) => void stream.write(bytes), close: () => void stream.destroy() };
}

/** Throws for what is no serial port, before anything is written to it. */
function checkPort(path: string): void {
  if (process.platform === 'win32')
    throw portProblem(path, 'serial ports of Windows are not supported; expected Linux, macOS or WSL');
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw portProblem(path, 'there is no such port');
  if (!stat.isCharacterDevice()) throw portProblem(path, 'expected a serial port, found something else');
  const fd = opened(path);
  try {
    if (!isatty(fd)) throw portProblem(path, 'expected a serial port, found another device');
  } finally {
    closeSync(fd);
  }
}

function opened(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  } catch (error) {
    throw portProblem(path, messageOf(error));
  }
}

function portProblem(path: string, detail: string): CompileError {
  return new CompileError('board/port', detail, { file: path });
}
