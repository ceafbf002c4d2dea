import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../build/setup.mjs';

const folder = join(root, 'packages/passes/src/rules');
const block = (text) => `\`\`\`text\n${text.trim()}\n\`\`\`\n`;

/** Every rule of the optimiser: its formula, from the comment at its definition, and the first of its cases. */
export function rulesPage() {
  const files = readdirSync(folder).sort();
  const read = (ending) =>
    files.filter((name) => name.endsWith(ending)).map((name) => readFileSync(join(folder, name), 'utf8'));
  const cases = read('.gir').flatMap((text) => text.split(/^---$/m));
  const rules = read('.ts').flatMap((text) => rulesOf(text, cases));
  return [
    '---\noutline: false\n---\n\n# Rules\n',
    '`ghostc explain MODEL --rule NAME` says where a rule fires on a model, and why it does not elsewhere.\n',
    ...rules.sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ text }) => text),
  ].join('\n');
}

function rulesOf(source, cases) {
  const definitions = source.matchAll(/((?:^\/\/.*\n)+)export const \w+ =\s*rule\(\{\s*name: '([\w-]+)'/gm);
  return [...definitions].map(([, comment, name]) => {
    const formula = comment.replace(/^\/\/ ?/gm, '').replace(/ +=> +/g, '\n  =>  ');
    return { name, text: [`## ${name}\n`, block(formula), ...example(name, cases)].join('\n') };
  });
}

function example(name, cases) {
  const found = cases.find((text) => text.includes(`# run: ${name}\n`) && !/^declines/m.test(text));
  if (!found) return [];
  const [before, after] = found.replace(/^#.*\n/gm, '').split('==>');
  return [block(before), 'becomes\n', block(after)];
}

/** Of boards.json, where a board may say which chip it has. */
function wholeBoards() {
  const given = JSON.parse(readFileSync(join(root, 'apps/cli/src/fit/boards.json'), 'utf8'));
  return given.map((board) => {
    const chip = given.find(({ name }) => name === board.of);
    return { ...chip, ...board, sources: { ...chip?.sources, ...board.sources } };
  });
}

/** The boards that `ghostc fit` and `ghostc board` know. */
export function boardsPage() {
  const boards = wholeBoards();
  const number = (value) => value.toLocaleString('en');
  const rows = boards.map(({ name, of, core, device, clockMHz, ram, flashBytes, externalFlash, sources }) => [
    name,
    of ?? '',
    core,
    `\`${device}\``,
    `${clockMHz} MHz`,
    ram.map((part) => `${part.name} ${number(part.bytes)}`).join(', '),
    number(flashBytes),
    externalFlash ? `${number(externalFlash.bytes)}: ${externalFlash.source}` : '',
    ...['clockMHz', 'ram', 'flashBytes'].map((fact) => sources[fact]),
  ]);
  const head = [
    ...['board', 'chip', 'core', 'device', 'clock', 'RAM, bytes', 'flash, bytes', 'external flash, bytes'],
    ...['source of the clock', 'of the RAM', 'of the flash'],
  ];
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    '---\naside: false\n---\n\n# Boards\n',
    '`ghostc fit MODEL --board NAME` says whether a model fits. A board of your own stands in a file: `--boards FILE`.\n',
    'Page 1 of a data sheet is its list of features. Places in data sheets were not checked against the sheets; what stands after a semicolon (start-up code, linker scripts, device trees) says the same. What is an assumption says so; cycles per instruction are assumptions on every board, as `fit` prints.\n',
    line(head),
    line(head.map(() => '---')),
    ...rows.map(line),
    '',
  ].join('\n');
}
