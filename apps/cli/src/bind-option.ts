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

/** `--bind` of a package for pages, which may have several sizes of a name: a program for each. */
export function bindsOption(): Option {
  return bindOption()
    .argParser((text, known: ReadonlyMap<string, readonly number[]>) => {
      const [[name, size] = ['', 0]] = withBinding(text, new Map());
      return new Map([...known, [name, [...(known.get(name) ?? []), size]]]);
    })
    .default(new Map(), 'none');
}

/**
 * The sizes of each program: the first of every name, then the second, and so on; a name with one size has it in all. Throws
 * `cli/bind` for other numbers of sizes.
 */
export function bindingsOf(sizes: ReadonlyMap<string, readonly number[]>): ReadonlyMap<string, number>[] {
  const lists = new Map(
    [...sizes].map(([name, list]) => [name, new Set(list).size === 1 ? list.slice(0, 1) : list]),
  );
  const [most = ['', [0]]] = [...lists].sort(([, a], [, b]) => b.length - a.length);
  const other = [...lists].find(([, list]) => list.length > 1 && list.length !== most[1].length);
  if (other)
    throw new CompileError(
      'cli/bind',
      `--bind gives ${most[1].length} sizes of ${most[0]}; expected as many of ${other[0]}, or one, found ${other[1].length}`,
    );
  return most[1].map(
    (_, i) => new Map([...lists].map(([name, list]) => [name, list[list.length > 1 ? i : 0] as number])),
  );
}

/** The name is all before the last equals sign. Throws `cli/bind` for anything else, and for two sizes of one name. */
function withBinding(text: string, known: ReadonlyMap<string, number>): Map<string, number> {
  const [, name = '', size = ''] = /^(.+)=(\d+)$/s.exec(text) ?? [];
  if (!name) throw new CompileError('cli/bind', `--bind expects NAME=SIZE, found ${JSON.stringify(text)}`);
  if ((known.get(name) ?? Number(size)) !== Number(size))
    throw new CompileError('cli/bind', `--bind gives ${name} both ${known.get(name)} and ${size}`);
  return new Map([...known, [name, Number(size)]]);
}
