import { CompileError } from '@ghostc/ir';
import { Option } from 'commander';

/** `--bind`: sizes, and values of scalar inputs, by name in a map. */
export function bindOption(): Option {
  return new Option(
    '--bind <name=size...>',
    'size of a symbolic dimension, or the value of an input that is one integer; ghostc inspect prints their names',
  )
    .argParser(withBinding)
    .default(new Map(), 'none');
}

/** The name is all before the last equals sign. Throws `cli/bind` for anything else, and for two sizes of one name. */
function withBinding(text: string, known: ReadonlyMap<string, number>): Map<string, number> {
  const [, name = '', size = ''] = /^(.+)=(\d+)$/s.exec(text) ?? [];
  if (!name) throw new CompileError('cli/bind', `--bind expects NAME=SIZE, found ${JSON.stringify(text)}`);
  if ((known.get(name) ?? Number(size)) !== Number(size))
    throw new CompileError('cli/bind', `--bind gives ${name} both ${known.get(name)} and ${size}`);
  return new Map([...known, [name, Number(size)]]);
}
