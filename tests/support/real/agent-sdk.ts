import { symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clients, versions } from './clients.ts';
import { installed, RegistryUnreachable } from './npm-cache.ts';

/** As npm's `latest` gives it. Its last number is that of the client it goes with. */
const VERSION = `0.3.${versions.claude.split('.').at(-1)}`;

/** The Agent SDK's node_modules, or why a test cannot have it. */
export async function installAgentSdk(clients: Clients): Promise<{ modules: string } | { skip: string }> {
  try {
    const folder = await installed('@anthropic-ai/claude-agent-sdk', VERSION, ['--omit=optional']);
    const modules = join(folder, 'node_modules');
    const own = `@anthropic-ai/claude-agent-sdk-${process.platform}-${process.arch}`;
    await symlinkOnce(dirname(clients.claude), join(modules, own));
    return { modules };
  } catch (error) {
    if (error instanceof RegistryUnreachable) return { skip: error.message };
    throw error;
  }
}

/** The package that was left out holds the client itself once more: 240 MB that are there already. */
async function symlinkOnce(target: string, path: string): Promise<void> {
  try {
    await symlink(target, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
