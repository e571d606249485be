import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  makePrivateDirectory,
  notWritable,
  removeIfAny,
  requireOwnDirectory,
} from '../../state/files/durable.ts';
import { replaceFile } from '../../state/files/replace-file.ts';

/**
 * Whether commands that start something in the background become jobs: the user's, not a workspace's, because it
 * changes what the agent's shell does. A file, so that the hook's sh fast path (hooks/session-hook.sh) sees it.
 */
export function promotesBackground(root: string): boolean {
  return !existsSync(switchedOffFile(root));
}

export async function setPromotesBackground(root: string, on: boolean): Promise<void> {
  makePrivateDirectory(root);
  requireOwnDirectory(root);
  const file = switchedOffFile(root);
  if (on) switchOn(file);
  else await replaceFile(file, 'codex-companion setup --promote-background on\n');
}

function switchOn(file: string): void {
  try {
    removeIfAny(file);
  } catch (error) {
    throw notWritable(file, error);
  }
}

function switchedOffFile(root: string): string {
  return join(root, 'promote-background-off');
}
