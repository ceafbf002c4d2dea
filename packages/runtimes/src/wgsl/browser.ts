import { CompileError } from '@ghostc/ir';
import type { Browser, Page } from 'playwright-core';
import { loadPackage } from '../process/load-package.ts';
import { pathOf } from '../process/on-path.ts';
import { requireTools, type Tool } from '../process/require-tool.ts';
import { commandsOf, tool } from '../process/tool-table.ts';
import { type Headers, type Route, serveLocally } from './serve-locally.ts';

export const browserTools: readonly Tool[] = [tool('chromium'), tool('playwright-core')];

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

/** Chromium's own compositor on Vulkan, too: without it frames of videos cannot become textures where there is no GPU. */
export const videoFlags = [
  '--use-angle=vulkan',
  '--use-vulkan=swiftshader',
  '--enable-features=Vulkan',
  '--ignore-gpu-blocklist',
];

/** A page of headless Chromium on 127.0.0.1. */
export interface BrowserPage {
  readonly page: Page;
  readonly origin: string;
  close(): Promise<void>;
}

/** Serves `route` and opens `path` of it in a new Chromium, with further flags and headers. Throws `tool/missing`. */
export async function openBrowser(
  route: Route,
  path: string,
  further: readonly string[] = [],
  headers: Headers = {},
): Promise<BrowserPage> {
  requireTools(browserTools, 'a browser');
  const { chromium } = await loadPackage<typeof import('playwright-core')>('playwright-core', 'a browser');
  const server = await serveLocally(route, headers);
  let browser: Browser | undefined;
  const close = async (): Promise<void> => {
    await browser?.close();
    server.close();
  };
  try {
    browser = await chromium.launch({
      executablePath: executable() as string,
      headless: true,
      args: [...flags, ...further],
      handleSIGTERM: false, // Playwright's handlers close the browser, and this process would go on
      handleSIGHUP: false,
    });
    const page = await browser.newPage();
    page.setDefaultTimeout(0); // a busy machine is slow; the page's own end is noticed
    const response = await page.goto(server.origin + path);
    if (!response?.ok()) throw new CompileError('run/browser', `${path}: ${response?.status()}`);
    return { page, origin: server.origin, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function executable(): string | undefined {
  return process.env.CHROMIUM_PATH || commandsOf('chromium').map(pathOf).find(Boolean);
}
