import { installLines, tool, toolIds } from '@ghostc/runtimes';
import { formatCount, formatTable } from '../format.ts';
import type { BoardFacts } from './board-facts.ts';
import type { FitReport } from './fit-report.ts';
import type { Remedies } from './remedies.ts';

/** What `ghostc fit` prints. */
export function fitText(
  board: BoardFacts,
  report: FitReport,
  { reports: remedies, refused }: Remedies,
): string {
  const head = ['', 'arena', 'inputs, outputs', 'stack', 'weights', 'code', 'time', ''];
  return [
    boardText(board),
    formatTable(head, [report, ...remedies].map(row)),
    verdict(board, report),
    ...report.problems.map((problem) => `  ${problem}`),
    ...refused.map(({ variant, problem }) => `${variant}: ${problem}`),
    'Most bytes of the arena are alive at',
    ...report.worst.map(({ layer, bytes }) => `${formatCount(bytes).padStart(12)}  ${layer}`),
    timeText(board, report),
    ...[report, ...remedies].flatMap((one) => fetchText(board, one)),
    ...(remedies.length
      ? ['Remedies in the table are ranked: what fits first, then what changes the model least.']
      : []),
    ...(remedies.some(({ variant }) => variant.includes('integer inputs'))
      ? ['Integer inputs and outputs: `ghostc quantize --io int8`.']
      : []),
    ...(remedies.some(({ variant }) => variant.includes('int8'))
      ? ['Sizes of int8 are exact; its accuracy takes `ghostc quantize` with real data.']
      : []),
  ].join('\n');
}

function boardText({ name, core, clockMHz, ram, flashBytes, flashNote }: BoardFacts): string {
  const memories = ram.map((memory) => `${memory.name} ${formatCount(memory.bytes)}`).join(', ');
  const flash = `${formatCount(flashBytes)} bytes of flash${flashNote ? ` (${flashNote})` : ''}`;
  return `${name}: ${core} at ${clockMHz} MHz; ${memories} bytes of RAM; ${flash}`;
}

function row(one: FitReport): string[] {
  const code = (bytes: number | null): string => (bytes === null ? 'not compiled' : formatCount(bytes));
  return [
    one.variant,
    formatCount(one.arenaBytes),
    formatCount(one.ioBytes),
    code(one.stackBytes),
    formatCount(one.weightBytes),
    code(one.codeBytes),
    `${one.time.seconds.toPrecision(2)} s`,
    one.fits === null ? 'not known' : one.fits ? 'fits' : 'does not fit',
  ];
}

function verdict(board: BoardFacts, { fits, ramBytes, flashBytes, memories }: FitReport): string {
  if (fits === false) return 'It does not fit:';
  if (fits === null)
    return `Not known: ${board.compiler} is not installed, so stack and code are not counted. What is known fits.${hint(board)}`;
  const ram = board.ram.reduce((sum, { bytes }) => sum + bytes, 0);
  const left = `${formatCount(ram - (ramBytes ?? 0))} bytes of RAM and ${formatCount(board.flashBytes - (flashBytes ?? 0))} of flash`;
  return `It fits, and leaves ${left} to the application. One way to place it: ${placesText(memories)}.`;
}

function timeText({ core, clockMHz }: BoardFacts, { time }: FitReport): string {
  const { instructions, basis, cyclesPerInstruction, cyclesReason } = time;
  const how = {
    counted: 'counted in an emulator on this code',
    estimated: 'estimated from layers that were counted in an emulator',
  }[basis];
  return `Time: ${formatCount(instructions)} instructions (${how}) x ${cyclesPerInstruction} cycles at ${clockMHz} MHz. The cycles are an assumption for a ${core}: ${cyclesReason}.`;
}

function placesText(memories: FitReport['memories']): string {
  const names = [...new Set(memories.map(({ memory }) => memory))];
  const inside = names.map((one) => {
    const buffers = memories.filter(({ memory }) => memory === one).map(({ name }) => name);
    return `${buffers.join(', ')} in ${one}`;
  });
  return names.length === 1 ? `all in ${names[0]}` : inside.join('; ');
}

/** What fetched weights cost, and what to do about it. */
function fetchText({ externalFlash }: BoardFacts, { variant, fetchBytes, time }: FitReport): string[] {
  const { fetch } = time;
  if (!externalFlash || !fetch) return [];
  const ms = (seconds: number): string => `${(1000 * seconds).toPrecision(2)} ms`;
  const rate = `${formatCount(externalFlash.bytesPerSecond)} bytes a second (${externalFlash.source})`;
  const kept = fetch.inside.map(({ layer, bytes }) => `${layer} (${formatCount(bytes)})`);
  return [
    `${variant}: ${formatCount(fetchBytes)} bytes of buffer; a run fetches for ${ms(fetch.transferSeconds)} at ${rate}, and waits for ${ms(fetch.waitSeconds)} of these.`,
    ...(kept.length
      ? [
          `  Kept in the flash inside, ${formatCount(fetch.insideBytes)} bytes of these layers leave ${ms(fetch.waitSecondsInside)}: ${kept.join(', ')}`,
        ]
      : []),
  ];
}

/** The command that installs the board's compiler, if the table of tools has it. */
function hint({ compiler }: BoardFacts): string {
  const id = toolIds.find((name) => name === compiler);
  return id ? ` Install it with: ${installLines([tool(id)]).join('; ')}` : '';
}
