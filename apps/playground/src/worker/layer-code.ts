/** The C of a layer, from the text of a program: its kernel, then the call. Empty inside bands of rows. */
export function layerCode(text: string, layer: number): string {
  const mark = text.indexOf(`GHOSTC_LAYER(${layer});\n`);
  if (mark < 0) return '';
  const call = text.slice(text.indexOf('\n', mark) + 1);
  const line = call.slice(0, call.indexOf(';') + 1).trim();
  const name = /^\w+/.exec(line)?.[0];
  return name ? `${functionNamed(text, name)}\n\n${line}` : line;
}

function functionNamed(text: string, name: string): string {
  const at = new RegExp(`^[\\w ]*\\b${name}\\([^;{]*\\)\\s*\\{`, 'm').exec(text)?.index;
  if (at === undefined) return '';
  return text.slice(at, text.indexOf('\n}', at) + 2);
}
