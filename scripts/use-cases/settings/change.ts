import type { Settings } from '../../domain/workspace/workspace-state.ts';
import { makePrivateDirectory, requireOwnDirectory } from '../../state/files/durable.ts';
import { replaceFile } from '../../state/files/replace-file.ts';
import type { WorkspaceLayout } from '../../state/layout.ts';
import { readSettings } from '../../state/workspace/settings.ts';
import { update } from '../../state/workspace/store.ts';

/** Changes a workspace's settings: the file first, which is the truth, then its copy in the index. */
export async function changeSettings(layout: WorkspaceLayout, change: Partial<Settings>): Promise<Settings> {
  makePrivateDirectory(layout.directory);
  requireOwnDirectory(layout.directory);
  const settings = { ...readSettings(layout), ...change };
  await replaceFile(layout.settingsFile, `${JSON.stringify(settings, null, 2)}\n`);
  await update(layout, (state) => ({ ...state, config: settings }));
  return settings;
}
