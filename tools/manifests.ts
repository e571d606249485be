/**
 * Generates what each host reads from the one manifest that people edit, plugin.json. Its keys `claude-code` and
 * `codex` hold what only that host's manifest has (`"hooks": "./hooks/codex-hooks.json"`, say), `marketplace` the
 * catalogue's own name and description. `--check` names what is out of step instead.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

const root = join(import.meta.dirname, '..');
const source = await readJson('plugin.json');
const npmPackage = await readJson('package.json');

// Codex can take a root plugin.json that names a $schema for the manifest itself, and then loads no hooks.
if ('$schema' in source) throw new Error('plugin.json must have no $schema.');
if (source.version !== npmPackage.version) {
  throw new Error(`plugin.json says version ${source.version}, package.json ${npmPackage.version}.`);
}

const { marketplace, 'claude-code': forClaudeCode, codex: forCodex, ...shared } = source;
const { displayName, ...sharedByCodex } = shared;

const manifests: Record<string, unknown> = {
  '.claude-plugin/plugin.json': { ...shared, ...forClaudeCode },
  '.claude-plugin/marketplace.json': {
    name: marketplace.name,
    description: marketplace.description,
    owner: shared.author,
    plugins: [{ name: shared.name, source: './', description: shared.description }],
  },
  '.codex-plugin/plugin.json': { ...sharedByCodex, ...forCodex },
  '.agents/plugins/marketplace.json': {
    name: marketplace.name,
    interface: { displayName },
    plugins: [
      {
        name: shared.name,
        source: { source: 'local', path: './' },
        policy: { installation: 'AVAILABLE', authentication: 'ON_INSTALL' },
        category: forCodex.interface.category,
      },
    ],
  },
};

const checking = process.argv.includes('--check');
for (const [path, manifest] of Object.entries(manifests)) {
  if (isDeepStrictEqual(await readJson(path).catch(() => undefined), manifest)) continue;
  if (checking) {
    console.error(`${path} is out of step with plugin.json. Run: npm run manifests`);
    process.exitCode = 1;
  } else {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), `${JSON.stringify(manifest, null, 2)}\n`);
    console.log(`wrote ${path}`);
  }
}

async function readJson(path: string) {
  return JSON.parse(await readFile(join(root, path), 'utf8'));
}
