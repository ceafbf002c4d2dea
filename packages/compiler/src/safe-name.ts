import { reservedNames } from '@ghostc/backend-c';

/** Device names on Windows: no file may have such a name, whatever its extension. */
const deviceName = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/** A name that is safe as a C identifier, a file name and a WGSL identifier: [a-z][a-z0-9_]*, at most 62 characters. */
export function safeName(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 60);
  if (!plain) return 'model';
  const taken = reservedNames.has(plain) || deviceName.test(plain);
  return /^[a-z]/.test(plain) && !taken ? plain : `m_${plain}`;
}
