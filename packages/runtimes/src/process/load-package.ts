import { pathToFileURL } from 'node:url';
import { messageOf } from '@ghostc/ir';
import { findPackage } from './find-package.ts';
import { missingTools } from './require-tool.ts';
import { type ToolId, tool } from './tool-table.ts';

/** An optional npm package. Throws `tool/missing`. */
export async function loadPackage<T>(id: ToolId, purpose: string): Promise<T> {
  const path = findPackage(id);
  if (path === undefined) throw missingTools([tool(id)], purpose);
  try {
    const module = await import(pathToFileURL(path).href);
    return { ...module.default, ...module };
  } catch (error) {
    const reason = messageOf(error);
    const { name, packages } = tool(id);
    throw missingTools([{ name: `${name}, which does not load: ${reason}`, packages }], purpose);
  }
}
