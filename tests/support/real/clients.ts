import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { installed, RegistryUnreachable } from './npm-cache.ts';

/** Absolute paths of the real programs. All are native: npm 11 leaves the packages' own wrappers half installed. */
export interface Clients {
  codex: string;
  /** A folder for PATH whose `codex` is what npm puts there: a node wrapper around the native program. */
  codexFolder: string;
  /** The first of the releases of Claude Code. */
  claude: string;
  /** Each release of this run by its version. */
  claudes: Record<string, string>;
}

/**
 * The gate runs with what npm's `latest` gave when these were last set; `npm run test:matrix` names older releases,
 * those of Claude Code with blanks between them.
 */
const { TEST_CLAUDES = '2.1.332', TEST_CODEX = '0.171.0' } = process.env;
const claudeVersions = TEST_CLAUDES.split(' ');

export const versions = { codex: TEST_CODEX, claude: claudeVersions[0] ?? '' };

/** The release that npm picks by itself on node 20. It knows fewer hook events and sets fewer variables. */
export const OLDER_CLAUDE = '2.1.197';

/** The pinned clients, or why a test cannot have them: `test(name, { skip: … })`. */
export async function installClients(): Promise<Clients | { skip: string }> {
  try {
    const codex = await installed('@openai/codex', versions.codex);
    const claudes: Record<string, string> = {};
    for (const version of claudeVersions)
      claudes[version] = await claudeBinary(await installed('@anthropic-ai/claude-code', version));
    return {
      codex: await codexBinary(codex),
      codexFolder: join(codex, 'node_modules/.bin'),
      claude: claudes[versions.claude] ?? '',
      claudes,
    };
  } catch (error) {
    if (error instanceof RegistryUnreachable) return { skip: error.message };
    throw error;
  }
}

async function claudeBinary(folder: string): Promise<string> {
  return existing(
    join(folder, `node_modules/@anthropic-ai/claude-code-${process.platform}-${process.arch}/claude`),
  );
}

async function codexBinary(folder: string): Promise<string> {
  const vendor = join(folder, `node_modules/@openai/codex-${process.platform}-${process.arch}/vendor`);
  // One folder, named by the target triple that the release was built for.
  const [triple = ''] = await readdir(vendor);
  return existing(join(vendor, triple, 'bin/codex'));
}

async function existing(path: string): Promise<string> {
  await access(path);
  return path;
}
