import { compileC, type Device } from '@ghostc/compiler';
import type { Graph } from '@ghostc/ir';

/** The code of a graph for a device, without the lines that name device and source: equal code need not run twice. */
export function codeFor(graph: Graph, device: Device): string {
  const source = String(compileC(graph, { device, name: 'net' }).files.get('net.c'));
  return source
    .split('\n')
    .filter((line) => !/^( \* source|\/\* net:)/.test(line))
    .join('\n');
}
