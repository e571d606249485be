import { join } from 'node:path';
import { systemCode } from '../domain/base/errors.ts';
import type { Environment } from '../process/environment.ts';
import { NotPlain, readPlainFile } from '../state/files/plain-file.ts';

/** openai/codex-plugin-cc as its own marketplace names it. */
const OFFICIAL = 'codex@openai-codex';

/** Nobody's settings are longer. A checkout brings its own, which may be a link to /dev/zero. Bytes. */
const SETTINGS_LIMIT = 4 * 1024 * 1024;

/**
 * One line where the official plugin is enabled in Claude Code beside ours: both answer to the same slash commands,
 * and its SessionEnd ends its own background jobs. Its data directory is no sign: that stays after an uninstall.
 */
export function officialPluginNote(
  environment: Environment,
  workspaceRoot: string | undefined,
): string | undefined {
  const { CLAUDE_CONFIG_DIR, HOME } = environment;
  const user = CLAUDE_CONFIG_DIR || (HOME ? join(HOME, '.claude') : undefined);
  const project = workspaceRoot === undefined ? undefined : join(workspaceRoot, '.claude');
  // The later one decides, as in Claude Code.
  const files = [
    user && join(user, 'settings.json'),
    project && join(project, 'settings.json'),
    project && join(project, 'settings.local.json'),
  ];
  let enabled = false;
  for (const file of files) if (file) enabled = enablement(file) ?? enabled;
  if (!enabled) return undefined;
  return `codex-companion: the plugin ${OFFICIAL} is enabled, too; both have the same commands. Disable one: claude plugin disable ${OFFICIAL}`;
}

function enablement(settingsFile: string): boolean | undefined {
  try {
    const settings: unknown = JSON.parse(readPlainFile(settingsFile, SETTINGS_LIMIT));
    const enabled = (settings as { enabledPlugins?: Record<string, unknown> } | null)?.enabledPlugins?.[
      OFFICIAL
    ];
    return typeof enabled === 'boolean' ? enabled : undefined;
  } catch (error) {
    // Settings that are missing or damaged are Claude Code's affair; nothing of ours hangs on them.
    if (error instanceof SyntaxError || error instanceof NotPlain || systemCode(error) !== undefined)
      return undefined;
    throw error;
  }
}
