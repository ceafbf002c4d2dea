import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { buildCli } from '../build/build-cli.mjs';
import { root } from '../build/setup.mjs';
import { boardsPage, rulesPage } from './reference-pages.mjs';

/**
 * Gathers the pages of the site in apps/docs/pages: the documents of the repository, the help of every command, rules, boards, and the playground,
 * which `npm run build` makes.
 */
const pages = join(root, 'apps/docs/pages');

/** By section: the pages in the order of the sidebar, and the documents that they are. */
const sections = {
  Tutorials: {
    'tutorials/board': 'docs/tutorials/board.md',
    'tutorials/browser': 'docs/tutorials/browser.md',
    'tutorials/pytorch': 'apps/python/tutorial/ghostnet_to_cortex_m4.py',
    'tutorials/own-rule': 'docs/tutorials/own-rule.md',
    'tutorials/own-backend': 'docs/tutorials/own-backend.md',
    'tutorials/own-engine': 'docs/tutorials/own-engine.md',
  },
  Guide: {
    'guide/start': 'README.md',
    'guide/web': 'docs/web.md',
    'guide/python': 'docs/python.md',
    'guide/quantization': 'docs/quantization.md',
    'guide/evaluate': 'docs/evaluate.md',
    'guide/changing-graphs': 'docs/changing-graphs.md',
    'guide/coming-from': 'docs/coming-from.md',
    'guide/board': 'docs/board.md',
    'guide/sweep': 'docs/sweep.md',
    'guide/cmsis-nn': 'docs/cmsis-nn.md',
    'guide/misra': 'docs/misra.md',
  },
  Proof: {
    'guide/suite': 'docs/suite.md',
    'guide/engines': 'docs/engines.md',
    'guide/bisect': 'docs/bisect.md',
    'guide/fuzzing': 'docs/fuzzing.md',
    'guide/fuzz-coverage': 'docs/fuzz-coverage.md',
    'guide/mutants': 'docs/mutants.md',
    'guide/scoreboard': 'docs/scoreboard.md',
    'guide/zoo': 'docs/zoo.md',
  },
  Reference: {
    'guide/onnx': 'docs/onnx.md',
    'guide/tflite': 'docs/tflite.md',
    'guide/op-support': 'docs/op-support.md',
    'guide/conformance': 'docs/conformance.md',
    'guide/errors': 'docs/errors.md',
    'guide/changelog': 'CHANGELOG.md',
  },
  'For those who change it': {
    'guide/architecture': 'ARCHITECTURE.md',
    'guide/contributing': 'CONTRIBUTING.md',
  },
};

/** Of the reference, what is made here. */
const generated = ['Commands', 'Rules', 'Boards'].map((text) => ({
  text,
  link: `/reference/${text.toLowerCase()}`,
}));

rmSync(pages, { recursive: true, force: true });
const documents = Object.values(sections).flatMap((section) => Object.entries(section));
const decisions = readdirSync(join(root, 'docs/decisions')).filter((name) => name !== 'README.md');
const all = new Map([
  ...documents.map(([page, document]) => [document, page]),
  ['docs/decisions/README.md', 'decisions/index'],
  ...decisions.map((name) => [`docs/decisions/${name}`, `decisions/${basename(name, '.md')}`]),
]);
const absent = readdirSync(join(root, 'docs'), { recursive: true }).filter(
  (name) => /^(?!api\/).*\.md$/.test(name) && !all.has(`docs/${name}`),
);
if (absent.length > 0) throw new Error(`no section of the site has ${absent.join(', ')}`);
for (const [document, page] of all) write(`${page}.md`, linked(document));
write('reference/commands.md', commands(await buildCli()));
write('reference/rules.md', rulesPage());
write('reference/boards.md', boardsPage());
write('index.md', `---\n${readFileSync(join(root, 'apps/docs/home.yaml'), 'utf8')}---\n\n${shown()}`);
write('sidebar.json', JSON.stringify(sidebar(), null, 2));
cpSync(join(root, 'apps/playground/dist'), join(pages, 'public/playground'), { recursive: true });
for (const picture of ['arena.svg', 'accuracy.svg'])
  cpSync(join(root, 'docs', picture), join(pages, 'guide', picture));

function write(path, text) {
  mkdirSync(dirname(join(pages, path)), { recursive: true });
  writeFileSync(join(pages, path), text);
}

/** A document with its links turned to pages; what is no page of the site stays as words. */
function linked(document) {
  return textOf(document).replace(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g, (whole, image, words, target) => {
    const [path, anchor] = target.split('#');
    if (/^\w+:/.test(target) || !path) return whole;
    const file = normalize(join(dirname(document), path));
    const other = all.get(file) ?? all.get(join(file, 'README.md'));
    if (other) return `[${words}](/${other.replace(/index$/, '')}${anchor ? `#${anchor}` : ''})`;
    return image ? `![${words}](./${basename(path)})` : words;
  });
}

/** A document; of a notebook in Python its cells (`# %%`), text as text and code as blocks. */
function textOf(document) {
  const text = readFileSync(join(root, document), 'utf8');
  if (!document.endsWith('.py')) return text;
  return text
    .split(/^# %%/m)
    .map((cell) =>
      cell.startsWith(' [markdown]')
        ? cell.replace(/^.*\n/, '').replace(/^# ?/gm, '')
        : cell.trim() && `\`\`\`python\n${cell.trim()}\n\`\`\`\n`,
    )
    .join('\n');
}

/** What the start page shows: the first thing that the start of the guide prints, and its picture. */
function shown() {
  const session = /^```text\n\$ [\s\S]*?^```$/m.exec(textOf('README.md'));
  const picture = /^!\[(.*)\]\(docs\/arena\.svg\)$/m.exec(textOf('README.md'));
  return `${session[0]}\n\n![${picture[1]}](./guide/arena.svg)\n`;
}

/** The help of every command, as the command prints it. */
function commands(cli) {
  const help = (...args) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args, '--help'], {
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    });
    if (status !== 0) throw new Error(`ghostc ${args.join(' ')} --help: ${stderr}`);
    return stdout.trimEnd();
  };
  const whole = help();
  const names = [...whole.slice(whole.indexOf('Commands:')).matchAll(/^ {2}([a-z]+)/gm)]
    .map(([, name]) => name)
    .filter((name) => name !== 'help');
  const block = (text) => `\`\`\`text\n${text}\n\`\`\`\n`;
  return [
    '---\naside: false\n---\n\n# Commands\n',
    block(whole),
    ...names.map((name) => `## ghostc ${name}\n\n${block(help(name))}`),
  ].join('\n');
}

function sidebar() {
  const titled = ([page, document]) => ({
    text: document === 'README.md' ? 'Start' : titleOf(document),
    link: `/${page}`,
  });
  return [
    ...Object.entries(sections).map(([text, section]) => ({
      text,
      items: [...Object.entries(section).map(titled), ...(text === 'Reference' ? generated : [])],
    })),
    {
      text: 'Decisions',
      items: decisions.map((name) => titled([all.get(`docs/decisions/${name}`), `docs/decisions/${name}`])),
    },
  ];
}

function titleOf(document) {
  return /^# (.*)$/m.exec(textOf(document))?.[1] ?? basename(document, '.md');
}
