import { readFileSync } from 'node:fs';

/** Whether a tool was asked for help and prints none itself: then its first comment is printed. */
export function printHelp(file) {
  const source = readFileSync(file, 'utf8');
  if (!process.argv.includes('--help') || /\bhelp\b(?!\.mjs)/.test(source)) return false;
  const comment = /\/\*\*([\s\S]*?)\*\//.exec(source)?.[1] ?? '';
  console.log(comment.replace(/^\s*\* ?/gm, '').trim());
  return true;
}
