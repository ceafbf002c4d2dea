import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type CompileCOptions, compileC, type Layout, packageFiles, readModel } from '@ghostc/compiler';
import { printAligned } from '../build/print-aligned.ts';
import { venvPython } from '../build/venv-python.ts';

/**
 * Packages of the C, each validated by its ecosystem's own tool, as it is and with a damaged version, which the tool must refuse:
 *
 *   npm run verify:packages [-- --pack-xsd FILE]
 *
 * ESP-IDF by idf-component-manager, PlatformIO by `pio pkg pack`, both of PyPI. CMSIS-Packs by the PACK.xsd of the Open-CMSIS-Pack
 * specification, where it is given. Exit code 1 where a tool refuses a package, or takes a damaged one.
 */
const root = join(import.meta.dirname, '../..');
const model = 'test-fixtures/models/ghost_fmnist/ghost_fmnist.onnx';
const args = process.argv.slice(3);
const xsd = args[0] === '--pack-xsd' ? args[1] : undefined;
if (args.length !== (xsd ? 2 : 0)) {
  console.error('expected no argument, or --pack-xsd FILE');
  process.exit(2);
}

const python = venvPython(root, ['platformio==6.2.0', 'idf-component-manager==3.1.2', 'lxml==6.1.3']);

interface Validation {
  readonly layout: Layout;
  readonly options: CompileCOptions;
  /** The file that says what is in the package. */
  readonly manifest: string;
  /** Of Python, in the package's folder. */
  readonly command: readonly string[];
}

const idf = 'from idf_component_tools.manager import ManifestManager; ManifestManager(".", "net").load()';
const pack = `from lxml import etree; etree.XMLSchema(etree.parse(${JSON.stringify(xsd ?? '')})).assertValid(etree.parse("ghostc.net.pdsc"))`;
const pio = `import sys; sys.argv = ["pio", "pkg", "pack", ".", "-o", "net.tar.gz"]; from platformio.__main__ import main; sys.exit(main())`;

const validations: readonly Validation[] = [
  ...(['rv32imc', 'rv32', 'host'] as const).flatMap((device) =>
    (['c', 'bin'] as const).map(
      (weights): Validation => ({
        layout: 'esp-idf',
        options: { device, weights },
        manifest: 'idf_component.yml',
        command: ['-c', idf],
      }),
    ),
  ),
  ...(['cortex-m4', 'rv32imc', 'host'] as const).map(
    (device): Validation => ({
      layout: 'platformio',
      options: { device, weights: 'c', selfTest: true },
      manifest: 'library.json',
      command: ['-c', pio],
    }),
  ),
  ...(xsd ? (['cortex-m0plus', 'cortex-m4', 'cortex-m55'] as const) : []).flatMap((device) =>
    (['c', 'bin'] as const).map(
      (weights): Validation => ({
        layout: 'cmsis-pack',
        options: { device, weights, selfTest: true },
        manifest: 'ghostc.net.pdsc',
        command: ['-c', pack],
      }),
    ),
  ),
];

const graph = readModel(readFileSync(join(root, model)));

/** Whether the tool takes the package with this text for its version. */
function accepted({ layout, options, manifest, command }: Validation, version: string): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'ghostc-package-'));
  try {
    for (const [path, content] of packageFiles(compileC(graph, { ...options, name: 'net' }), layout)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      const text = path === manifest ? String(content).replaceAll('1.0.0', version) : content;
      writeFileSync(join(folder, path), text);
    }
    return spawnSync(python, command, { cwd: folder, stdio: 'ignore' }).status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const rows = validations.map((one) => {
  const { layout, options } = one;
  const right = accepted(one, '1.0.0');
  const wrong = accepted(one, 'x y');
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
if (!xsd) console.log('CMSIS-Packs were not validated: give --pack-xsd FILE');
process.exitCode = rows.every(({ right }) => right) ? 0 : 1;
