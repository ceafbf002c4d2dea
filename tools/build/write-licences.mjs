import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundledPackages } from './bundled-packages.mjs';
import { root } from './setup.mjs';

/** Writes into a folder the licence, the licences of what is bundled, and the same as CycloneDX. */
export function writeLicences(folder, { name, version }, metafiles) {
  const packages = bundledPackages(metafiles);
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'THIRD-PARTY.md'), thirdParty(name, packages));
  writeFileSync(join(folder, 'sbom.cdx.json'), JSON.stringify(sbom({ name, version }, packages), null, 2));
}

function thirdParty(name, packages) {
  const sections = packages.map(
    (one) =>
      `## ${one.name} ${one.version} (${one.license})\n\n${one.text ? `\`\`\`\n${one.text}\n\`\`\`` : 'The package has no file with its licence.'}\n`,
  );
  return `# What ${name} bundles\n\n${sections.join('\n')}`;
}

/** https://cyclonedx.org/docs/1.6/json */
function sbom({ name, version }, packages) {
  const component = (type, one) => ({
    type,
    'bom-ref': purl(one),
    name: one.name,
    version: one.version,
    purl: purl(one),
    licenses: [licence(one.license)],
  });
  const product = component('application', { name, version, license: 'Apache-2.0' });
  const components = packages.map((one) => component('library', one));
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: product },
    components,
    dependencies: [{ ref: product['bom-ref'], dependsOn: components.map((one) => one['bom-ref']) }],
  };
}

function licence(text) {
  return /[ ()]/.test(text) ? { expression: text } : { license: { id: text } };
}

function purl({ name, version }) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}
