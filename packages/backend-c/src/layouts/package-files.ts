import type { CProgram } from '../c-program.ts';
import { arduinoFiles } from './arduino.ts';
import { cmakeFiles } from './cmake.ts';
import { zephyrFiles } from './zephyr.ts';

/** How the files of a C library are laid out for a build system. */
export const layouts = ['plain', 'cmake', 'arduino', 'zephyr'] as const;
export type Layout = (typeof layouts)[number];

/** The files of a program in a layout, by path with `/`: ready for a build. */
export function packageFiles(program: CProgram, layout: Layout): CProgram['files'] {
  if (layout === 'cmake') return cmakeFiles(program);
  if (layout === 'arduino') return arduinoFiles(program);
  return layout === 'zephyr' ? zephyrFiles(program) : program.files;
}
