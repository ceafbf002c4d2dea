import { CompileError } from '@ghostc/ir';

/** `['batch=1', 'height=32']` to a map; throws `cli/bind` for anything else. */
export function parseBindings(bindings: readonly string[]): Map<string, number> {
  return new Map(bindings.map(parseBinding));
}

function parseBinding(text: string): [string, number] {
  const match = /^(.+)=(\d+)$/.exec(text);
  if (match?.[1] && match[2]) return [match[1], Number(match[2])];
  throw new CompileError('cli/bind', `--bind expects NAME=SIZE, found ${JSON.stringify(text)}`);
}
