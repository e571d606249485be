import { parseSettings } from '../../domain/workspace/parse-state.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../domain/workspace/workspace-state.ts';
import { readOwnJson } from '../files/json-file.ts';
import type { WorkspaceLayout } from '../layout.ts';

/** Settings have a file of their own, so that a damaged index does not lose them. */
export function readSettings(layout: WorkspaceLayout): Settings {
  const parse = (value: unknown) => parseSettings(value, 'settings');
  return readOwnJson(layout.settingsFile, parse) ?? DEFAULT_SETTINGS;
}
