import { basename } from 'node:path';
import { knownBoards, planFor } from '@ghostc/cli/fit';
import type { Device } from '@ghostc/compiler';
import type { Graph } from '@ghostc/ir';
import { cDevice } from '@ghostc/runtimes';
import { TOLERANCE } from './mcu-costs.ts';
import { countLayers } from './mcu-counts.ts';
import { asDeployed, fitted, type Networks, unseen } from './mcu-networks.ts';
import type { Row } from './mcu-report.ts';

/** A board of every core, whose device is the core's own. */
const boards = ['rp2040', 'stm32f103', 'nrf52840', 'stm32h743', 'nrf5340', 'alif-e3', 'esp32-c3'] as const;
const names = ['MLPerf Tiny ic int8', 'MLPerf Tiny kws int8', 'GhostNet 0.5x 96 int8'];

/**
 * What `ghostc fit` estimates for a whole network on a board over what `ghostc profile` counts on its core: of files, or of networks
 * that the costs were fitted to and three times as many that they were not.
 */
export async function fitAgainstProfile(
  files: readonly string[],
  progress: (what: string) => void,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, make] of Object.entries(files.length ? ofFiles(files) : known())) {
    const graph = make();
    for (const board of knownBoards.filter((one) => boards.some((chosen) => chosen === one.name))) {
      const { time } = planFor({ variant: name, graph, board, io: 'caller' });
      const { total } = await countLayers(graph, board.device as Device, cDevice(board.device));
      const ratio = time.instructions / total;
      progress(`${name} on ${board.name}: ${ratio.toFixed(3)}`);
      rows.push({
        name,
        device: `${board.name}, ${board.core}`,
        unit: 'times off, estimate against count',
        ours: Math.max(ratio, 1 / ratio),
        target: 1 + TOLERANCE,
      });
    }
  }
  return rows;
}

function known(): Networks {
  const seen = names.map((name) => [name, itemNamed(fitted, name)] as const);
  const others = Object.entries(unseen).map(([name, make]) => [`${name}, unseen`, make] as const);
  return Object.fromEntries([...seen, ...others]);
}

function itemNamed(networks: Networks, name: string): () => Graph {
  const make = networks[name];
  if (!make) throw new Error(`there is no network ${name}`);
  return make;
}

function ofFiles(files: readonly string[]): Networks {
  return Object.fromEntries(files.map((file) => [basename(file), () => asDeployed(file)]));
}
