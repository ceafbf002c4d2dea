import type { CProgram } from '../c-program.ts';
import { arduinoFiles } from './arduino.ts';
import { cmakeFiles } from './cmake.ts';
import { cmsisPackFiles } from './cmsis-pack.ts';
import { espIdfFiles } from './esp-idf.ts';
import { platformioFiles } from './platformio.ts';
import { zephyrFiles } from './zephyr.ts';

/** How the files of a C library are laid out for a build system. */
export const layouts = [
  'plain',
  'cmake',
  'arduino',
  'zephyr',
  'esp-idf',
  'platformio',
  'cmsis-pack',
] as const;
export type Layout = (typeof layouts)[number];

const writers: Readonly<Record<Layout, (program: CProgram) => CProgram['files']>> = {
  plain: ({ files }) => files,
  cmake: cmakeFiles,
  arduino: arduinoFiles,
  zephyr: zephyrFiles,
  'esp-idf': espIdfFiles,
  platformio: platformioFiles,
  'cmsis-pack': cmsisPackFiles,
};

/** The files of a program in a layout, by path with `/`: ready for a build. */
export function packageFiles(program: CProgram, layout: Layout): CProgram['files'] {
  return writers[layout](program);
}
