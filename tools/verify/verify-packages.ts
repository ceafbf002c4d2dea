import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type CompileCOptions,
  compileC,
  type Device,
  type Layout,
  packageFiles,
  readModel,
} from '@ghostc/compiler';
import { printAligned } from '../build/print-aligned.ts';
import { venvPython } from '../build/venv-python.ts';

/**
 * Packages of the C, each validated by its ecosystem's own tool, as it is and damaged, which the tool must refuse:
 *
 *   npm run verify:packages [-- --pack-xsd FILE] [--cpackget FILE] [--arduino-lint FILE] [--zephyr-module FILE]
 *
 * ESP-IDF's by compote of idf-component-manager, PlatformIO's by its command, both of PyPI: each packs what it would
 * publish. What no registry has is used where it is given: PACK.xsd of the Open-CMSIS-Pack specification, cpackget,
 * arduino-lint (it asks Arduino's index of libraries), scripts/zephyr_module.py of Zephyr. Leaves with 1 where a tool
 * refuses a package, or takes a damaged one.
 */
const root = join(import.meta.dirname, '../..');
const model = 'test-fixtures/models/ghost_fmnist/ghost_fmnist.onnx';
const given = { type: 'string', default: '' } as const;
const { values } = parseArgs({
  args: process.argv.slice(3),
  options: { 'pack-xsd': given, cpackget: given, 'arduino-lint': given, 'zephyr-module': given },
});

const packages = [
  'platformio==6.2.0',
  'idf-component-manager==3.1.2',
  'lxml==6.1.3',
  'pykwalify==1.8.0',
  'pyyaml==6.0.4',
];
const python = venvPython(root, packages);

interface Validation {
  readonly layout: Layout;
  readonly options: CompileCOptions;
  /** The manifest of the package. */
  readonly manifest: string;
  /** A text of it, and what it is where it is damaged. */
  readonly damage: readonly [string, string];
  /** Run in the package's folder. */
  readonly command: readonly string[];
}

/** Validations of a layout for several devices; none without the tool. */
function validations(
  one: Omit<Validation, 'options' | 'damage'> & { readonly damage?: Validation['damage'] },
  devices: readonly Device[],
  options: CompileCOptions = {},
): Validation[] {
  const forms = options.weights ? [options.weights] : (['c', 'bin'] as const);
  return devices.flatMap((device) =>
    forms.map((weights) => ({ damage: ['1.0.0', 'x y'], ...one, options: { ...options, device, weights } })),
  );
}

const compote =
  'import sys; sys.argv = ["compote", "component", "pack", "--name", "net"]; from idf_component_manager.cli import safe_cli; sys.exit(safe_cli())';
const pack = (xsd: string): string =>
  `from lxml import etree; etree.XMLSchema(etree.parse(${JSON.stringify(xsd)})).assertValid(etree.parse("ghostc.net.pdsc"))`;
const pio = `import sys; sys.argv = ["pio", "pkg", "pack", ".", "-o", "net.tar.gz"]; from platformio.__main__ import main; sys.exit(main())`;

const addPack = `"${python}" -m zipfile -c ghostc.net.1.0.0.pack ghostc.net.pdsc include src && "$0" add -a ghostc.net.1.0.0.pack --pack-root packs`;

/** Where a tool is given, what it validates. */
function where(tool: keyof typeof values, make: (tool: string) => Validation[]): Validation[] {
  const path = values[tool];
  if (!path) console.log(`nothing is validated by ${tool}: give --${tool} FILE`);
  return path ? make(resolve(path)) : [];
}

const cores = ['cortex-m0plus', 'cortex-m4', 'cortex-m33', 'cortex-m55'] as const;
const pdsc = { layout: 'cmsis-pack', manifest: 'ghostc.net.pdsc' } as const;
const all: readonly Validation[] = [
  ...validations({ layout: 'esp-idf', manifest: 'idf_component.yml', command: [python, '-c', compote] }, [
    ...(['rv32imc', 'rv32', 'host'] as const),
  ]),
  ...validations(
    { layout: 'platformio', manifest: 'library.json', command: [python, '-c', pio] },
    ['cortex-m4', 'rv32imc', 'host'],
    { weights: 'c', selfTest: true },
  ),
  ...where('pack-xsd', (xsd) =>
    validations({ ...pdsc, command: [python, '-c', pack(xsd)] }, cores, { selfTest: true }),
  ),
  ...where('cpackget', (tool) => validations({ ...pdsc, command: ['sh', '-c', addPack, tool] }, cores)),
  ...where('arduino-lint', (tool) => {
    const lint = '"$0" --project-type library --library-manager false --compliance specification "$PWD"';
    return validations(
      { layout: 'arduino', manifest: 'library.properties', command: ['sh', '-c', lint, tool] },
      ['cortex-m0plus', 'cortex-m4', 'cortex-m33', 'rv32imc', 'host'],
      { weights: 'c', selfTest: true },
    );
  }),
  ...where('zephyr-module', (tool) => {
    const command = [python, tool, '--modules', '.', '--cmake-out', 'modules.txt'];
    const damage = ['  kconfig:', '  kconf:'] as const;
    return validations({ layout: 'zephyr', manifest: 'zephyr/module.yml', command, damage }, [
      ...cores,
      'rv32imc',
    ]);
  }),
];

const graph = readModel(readFileSync(join(root, model)));

/** Whether the tool takes the package with one text of the manifest for another. */
function accepted(
  { layout, options, manifest, command }: Validation,
  [text, by]: Validation['damage'],
): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'ghostc-package-'));
  try {
    for (const [path, content] of packageFiles(compileC(graph, { ...options, name: 'net' }), layout)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), path === manifest ? String(content).replaceAll(text, by) : content);
    }
    const [tool = '', ...args] = command;
    return spawnSync(tool, args, { cwd: folder, stdio: 'ignore' }).status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const rows = all.map((one) => {
  const { layout, options, damage } = one;
  const right = accepted(one, ['', '']);
  const wrong = accepted(one, damage);
  return {
    right: right && !wrong,
    cells: [
      layout,
      options.device ?? '',
      options.weights ?? '',
      right ? 'valid' : 'REFUSED',
      wrong ? 'TAKEN' : 'refused',
    ],
  };
});
printAligned([['layout', 'device', 'weights', 'as it is', 'damaged'], ...rows.map(({ cells }) => cells)], 3);
process.exitCode = rows.every(({ right }) => right) ? 0 : 1;
