import { existsSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';

interface Section {
  readonly text: string;
  readonly items: readonly { readonly text: string; readonly link: string }[];
}

const list = new URL('../pages/sidebar.json', import.meta.url);
const sidebar = existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as Section[]) : [];

export default defineConfig({
  title: 'ghostc',
  description:
    'Networks of the GhostNet family, and other CNNs, to ONNX, WGSL, WebAssembly and C that compute the same',
  srcDir: 'pages',
  outDir: 'dist',
  cacheDir: '../../node_modules/.cache/vitepress',
  base: process.env.DOCS_BASE ?? '/',
  lastUpdated: false,
  // what is beside the pages: the reference of the API and the playground
  ignoreDeadLinks: [/^\/(api|playground)\//],
  themeConfig: {
    search: { provider: 'local' },
    outline: 'deep',
    nav: [
      { text: 'Guide', link: '/guide/start' },
      { text: 'Commands', link: '/reference/commands' },
      { text: 'API', link: '/api/index.html', target: '_self' },
      { text: 'Playground', link: '/playground/index.html', target: '_self' },
    ],
    sidebar: sidebar.map(({ text, items }) => ({ text, items: [...items] })),
  },
});
