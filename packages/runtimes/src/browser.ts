import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CompileError } from '@ghostc/ir';
import { type Browser, chromium, type Page } from 'playwright-core';
import { onPath, requireTools, type Tool } from './require-tool.ts';

const commands = ['chromium', 'chromium-browser', 'google-chrome'];

export const browserTools: readonly Tool[] = [
  { name: 'Chromium', packages: ['chromium'], found: () => !!executable() },
];

/** Software rendering, WebGPU on, nothing in the background that uses the network. */
const flags = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What the server answers for a path: bytes or text; undefined is 404. */
export type Route = (
  path: string,
) => Promise<Uint8Array | string | undefined> | Uint8Array | string | undefined;

/** A page of headless Chromium on 127.0.0.1. */
export interface BrowserPage {
  readonly page: Page;
  readonly origin: string;
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html',
  js: 'text/javascript',
  mjs: 'text/javascript',
  json: 'application/json',
  wasm: 'application/wasm',
};

/** Serves `route` and opens `path` of it in a new Chromium. Throws `tool/missing`. */
export async function openBrowser(route: Route, path: string): Promise<BrowserPage> {
  requireTools(browserTools, 'a browser');
  const server = await serve(route);
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let browser: Browser | undefined;
  const close = async (): Promise<void> => {
    await browser?.close();
    server.closeAllConnections();
    server.close();
  };
  try {
    browser = await chromium.launch({ executablePath: executable() as string, headless: true, args: flags });
    const page = await browser.newPage();
    page.setDefaultTimeout(600_000);
    const response = await page.goto(origin + path);
    if (!response?.ok()) throw new CompileError('run/browser', `${path}: ${response?.status()}`);
    return { page, origin, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function executable(): string | undefined {
  const own = process.env.CHROMIUM_PATH;
  if (own) return own;
  const name = commands.find(onPath);
  return name && `/usr/bin/${name}`;
}

function serve(route: Route): Promise<Server> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const content = await route(pathname);
    const type = types[pathname.split('.').pop() ?? ''] ?? 'application/octet-stream';
    response.writeHead(content === undefined ? 404 : 200, {
      'content-type': type,
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    response.end(content);
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
