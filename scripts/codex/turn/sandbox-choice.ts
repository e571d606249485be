import { fields, type SandboxMode, type SandboxPolicy, text, texts } from '../wire/protocol.ts';

/** What a turn gets: the worker asks for it, and the broker checks with the same words that it is no more. */
export interface ChosenSandbox {
  mode: SandboxMode;
  /** `user`: a turn that may write was given more than was asked for, because the user's own Codex configuration does so */
  by: 'request' | 'user';
}

export const READ_ONLY: SandboxPolicy = { type: 'readOnly', networkAccess: false };

/** @param settings the answer to `config/read` for the turn's directory */
export function sandboxFor(
  asked: SandboxMode,
  settings: unknown,
): { sandbox: ChosenSandbox; policy: SandboxPolicy } {
  const { config, origins } = fields(settings);
  const sandbox = chooseSandbox(asked, fields(config), fields(origins));
  return { sandbox, policy: sandboxPolicy(sandbox.mode, fields(config), fields(origins)) };
}

/**
 * Who has set `sandbox_mode = "danger-full-access"` in the Codex configuration of their own gets it for a turn that may
 * write. A trusted project's `.codex/config.toml` cannot grant it: Codex tells the layer in `origins` (0.169, tried).
 */
function chooseSandbox(
  asked: SandboxMode,
  config: Record<string, unknown>,
  origins: Record<string, unknown>,
): ChosenSandbox {
  const layer = text(fields(fields(origins.sandbox_mode).name).type);
  const full = config.sandbox_mode === 'danger-full-access' && layer === 'user';
  return asked === 'workspace-write' && full
    ? { mode: 'danger-full-access', by: 'user' }
    : { mode: asked, by: 'request' };
}

function sandboxPolicy(
  mode: SandboxMode,
  config: Record<string, unknown>,
  origins: Record<string, unknown>,
): SandboxPolicy {
  switch (mode) {
    case 'read-only':
      return READ_ONLY;
    case 'danger-full-access':
      return { type: 'dangerFullAccess' };
    case 'workspace-write': {
      const users = fields(config.sandbox_workspace_write);
      const isProjects = (name: string) => comesFromProject(`sandbox_workspace_write.${name}`, origins);
      return {
        type: 'workspaceWrite',
        writableRoots: isProjects('writable_roots') ? [] : texts(users.writable_roots),
        networkAccess: users.network_access === true && !isProjects('network_access'),
        excludeTmpdirEnvVar: users.exclude_tmpdir_env_var === true,
        excludeSlashTmp: users.exclude_slash_tmp === true,
      };
    }
  }
}

/**
 * Neither may a project's configuration widen what is written or reached: a task can write one itself, into a directory
 * in which the next task is given. Codex names the layer of each entry of a list (`….writable_roots.0`; 0.169, tried). It
 * would add them to the turn's policy all the same, were they not taken from the thread: open-thread.ts.
 */
function comesFromProject(key: string, origins: Record<string, unknown>): boolean {
  return Object.entries(origins)
    .filter(([name]) => name === key || name.startsWith(`${key}.`))
    .some(([, origin]) => text(fields(fields(origin).name).type) === 'project');
}
