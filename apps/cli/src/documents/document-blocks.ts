import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A block of code of a document. */
export interface Block {
  readonly language: string;
  readonly code: string;
  /** `docs/web.md:6`, the line of the first line of code. */
  readonly place: string;
}

/**
 * A comment of a document on blocks that do not run as they are. With words it is about the blocks, and of shell the lines,
 * that contain them; without, about the block below it.
 *
 *     <!-- not run: needs a board -->
 *     <!-- not run (--port): needs a board -->
 *     <!-- run by tools/edit/edit.test.ts -->
 *     <!-- run (ghostc conform) with --filter relu -->
 */
interface Mark {
  readonly words?: string;
  /** Of its end. */
  readonly line: number;
  /** What a line gets in addition; undefined: it is not run. */
  readonly added?: string;
  readonly text: string;
}

/** What runs, and what is wrong with the document's marks and fences. */
export interface DocumentBlocks {
  readonly blocks: readonly Block[];
  readonly problems: readonly string[];
}

export function documentBlocks(path: string, root: string): DocumentBlocks {
  const text = readFileSync(join(root, path), 'utf8');
  const lineOf = (at = 0): number => text.slice(0, at).split('\n').length;
  const problems: string[] = [];
  const marks = [...text.matchAll(/^<!-- ((?:not run|run)\b[\s\S]*?) -->$/gm)].map(
    ({ 0: all, 1: words = '', index }) => {
      const mark = readMark(words.replace(/\s+/g, ' '), lineOf(index + all.length));
      const problem = wrongMark(mark, path, root);
      if (problem) problems.push(`${path}:${mark.line}: ${problem}`);
      return mark;
    },
  );
  const used = new Set<Mark>();
  const find = (line: number, content: string): Mark | undefined => {
    const found = marks.find((mark) =>
      mark.words ? content.includes(mark.words) : line - mark.line === 1 || line - mark.line === 2,
    );
    if (found) used.add(found);
    return found;
  };
  const blocks: Block[] = [];
  for (const { 1: language = '', 2: code = '', index } of text.matchAll(/^```(\S*).*\n([\s\S]*?)^```$/gm)) {
    const line = lineOf(index);
    const place = `${path}:${line + 1}`;
    if (!language) problems.push(`${place}: expected the language of the block, or text`);
    if (language === 'text') continue;
    const whole = find(line, language === 'sh' ? '' : `\`\`\`${language}\n${code}`);
    if (whole) continue;
    blocks.push({
      language,
      place,
      code: language === 'sh' ? code.split('\n').flatMap(asItRuns).join('\n') : code,
    });

    function asItRuns(command: string): string[] {
      const mark = find(-1, command);
      if (!mark) return [command];
      return mark.added ? [`${command.replace(/ +#.*/, '')} ${mark.added}`] : [];
    }
  }
  for (const mark of marks)
    if (!used.has(mark))
      problems.push(`${path}:${mark.line}: there is nothing that is meant by: ${mark.text}`);
  return { blocks, problems };
}

function readMark(text: string, line: number): Mark {
  const [, words, rest = ''] = /^(?:not run|run)(?: \((.*?)\))?(.*)$/.exec(text) ?? [];
  const added = text.startsWith('run') ? /^ with (.*)$/.exec(rest)?.[1] : undefined;
  return { text, line, ...(words && { words }), ...(added && { added }) };
}

function wrongMark({ text, added }: Mark, path: string, root: string): string | undefined {
  if (added || /^not run(?: \(.*?\))?: \w/.test(text)) return undefined;
  const file = /^run(?: \(.*?\))? by (\S+)$/.exec(text)?.[1];
  if (!file) return `expected a reason, the file that runs it, or what it is run with; found: ${text}`;
  const runner = join(root, file);
  const known = existsSync(runner) && readFileSync(runner, 'utf8').includes(basename(path));
  return known ? undefined : `expected a file that reads ${basename(path)}, found ${file}`;
}

/** A block of TypeScript as a module. Of the sources: the package.json of `ghostc` names what is built. */
export function asModule(code: string, root: string): string {
  return code.replace("from 'ghostc'", `from '${join(root, 'apps/ghostc/src/index.ts')}'`);
}
