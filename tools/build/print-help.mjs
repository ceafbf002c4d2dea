import { readFileSync } from 'node:fs';

/** Whether a tool was asked what it does, and no text of its own answers: then its first comment does. */
export function printHelp(file) {
  const source = readFileSync(file, 'utf8');
  if (!process.argv.includes('--help') || /\bhelp\b(?!\.mjs)/.test(source)) return false;
  const comment = /\/\*\*([\s\S]*?)\*\//.exec(source)?.[1] ?? '';
  console.log(comment.replace(/^\s*\* ?/gm, '').trim());
  return true;
}
