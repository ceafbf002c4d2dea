import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

type Content = Uint8Array | string | undefined;

/** What a local server answers for a path: bytes or text; undefined is 404. `body` is what was posted. */
export type Route = (path: string, body: Uint8Array) => Promise<Content> | Content;

export interface LocalServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  close(): void;
}

const types: Readonly<Record<string, string>> = {
  css: 'text/css',
  html: 'text/html',
  js: 'text/javascript',
  mjs: 'text/javascript',
  json: 'application/json',
  wasm: 'application/wasm',
};

export type Headers = Readonly<Record<string, string>>;

/** Serves `route` on a free port of 127.0.0.1, with further headers. */
export function serveLocally(route: Route, headers: Headers = {}): Promise<LocalServer> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const content = await route(pathname, await bodyOf(request));
    response.writeHead(content === undefined ? 404 : 200, {
      'content-type': types[pathname.split('.').pop() ?? ''] ?? 'application/octet-stream',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      ...headers,
    });
    response.end(content);
  });
  server.requestTimeout = 0;
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => resolve({ origin: originOf(server), close: () => stop(server) }));
  });
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function stop(server: Server): void {
  server.closeAllConnections();
  server.close();
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
