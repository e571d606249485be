import { type Approvals, readApprovals } from '../wire/approvals.ts';
import type { CodexConnection } from '../wire/connection.ts';
import { threadIdOf } from '../wire/connection.ts';
import { fields, type SandboxMode, type SandboxPolicy, text } from '../wire/protocol.ts';
import { RpcError } from '../wire/rpc.ts';
import { allowedEnvironment } from './environment-policy.ts';
import { markRollout, type RolloutMark } from './rollout.ts';
import { type ChosenSandbox, sandboxFor } from './sandbox-choice.ts';

export interface ThreadRequest {
  /** the thread to go on with, or null for a new one */
  resumeThreadId: string | null;
  cwd: string;
  sandbox: SandboxMode;
  model: string | null;
  effort: string | null;
  /** for the thread's shell commands; filtered by the user's own policy, see environment-policy.ts */
  environment: Readonly<Record<string, string>>;
  /** names in `environment` that no policy takes away */
  alwaysKept: readonly string[];
}

export interface OpenThread {
  threadId: string;
  sandbox: ChosenSandbox;
  /** for turn/start; see `thread/start` below for why the sandbox is not the thread's */
  sandboxPolicy: SandboxPolicy;
  approvals: Approvals;
  /** before the turn */
  rollout: RolloutMark;
}

/** A thread is opened within 0.1 s, but for what Codex starts first. */
const SLOW_MS = 2_000;

/** A thread waits for the MCP servers that the user's configuration requires; for others its first turn does (0.171, tried). */
function whatTakesLong(settings: unknown): string {
  const servers = Object.entries(fields(fields(fields(settings).config).mcp_servers));
  const required = servers.filter(([, server]) => {
    const { required, enabled } = fields(server);
    return required === true && enabled !== false;
  });
  const names = required.map(([name]) => name).join(', ');
  return names === '' ? 'Codex is opening the thread.' : `Codex is starting its MCP servers: ${names}.`;
}

/** A thread that somebody's turn runs on: a turn/start there would steer that turn instead of starting ours. */
export class ThreadBusyError extends Error {
  override readonly name = 'ThreadBusyError';
}

/** Starts or resumes the thread. Rejects with ThreadBusyError, as `readApprovals`, or as `request` of the connection does. */
export async function openThread(
  connection: CodexConnection,
  request: ThreadRequest,
  tell: (message: string) => void,
): Promise<OpenThread> {
  const [settings, approvals] = await Promise.all([
    connection.request('config/read', { cwd: request.cwd }),
    readApprovals(connection),
  ]);
  const { sandbox, policy } = sandboxFor(request.sandbox, settings);
  const params = {
    cwd: request.cwd,
    ...approvals,
    // Always read-only here, and the real sandbox with the turn: given to the thread, a writable one makes Codex write
    // `trust_level = "trusted"` for the directory to the user's config.toml (0.169, tried; not so with turn/start).
    sandbox: 'read-only',
    ...(request.model ? { model: request.model } : {}),
    config: threadConfig(request, fields(fields(settings).config)),
  };
  const opening =
    request.resumeThreadId === null
      ? connection.request('thread/start', params)
      : connection.request('thread/resume', {
          threadId: request.resumeThreadId,
          excludeTurns: true,
          ...params,
        });
  const slow = setTimeout(() => tell(whatTakesLong(settings)), SLOW_MS);
  const opened = await opening.finally(() => clearTimeout(slow));

  const threadId = threadIdOf(opened);
  if (threadId === undefined)
    throw new RpcError('thread/start', 0, 'Codex named no thread in its answer.', opened);
  if (text(fields(fields(fields(opened).thread).status).type) === 'active')
    throw new ThreadBusyError(`A turn is running on thread ${threadId}.`);
  const rollout = markRollout(text(fields(fields(opened).thread).path) || null);
  return { threadId, sandbox, sandboxPolicy: policy, approvals, rollout };
}

function threadConfig(request: ThreadRequest, config: Record<string, unknown>): Record<string, unknown> {
  const policy = config.shell_environment_policy;
  return {
    plugins: withoutOurselves(config),
    // A turn's sandbox is what its policy gives and what these add to it, which a project may have set (0.169, tried).
    'sandbox_workspace_write.writable_roots': [],
    'sandbox_workspace_write.network_access': false,
    // Nothing of the app-server's environment, which is another caller's; see `shell_snapshot` in app-server.ts.
    'shell_environment_policy.inherit': 'none',
    // Without a snapshot commands would run in a login shell, where /etc/profile sets PATH anew.
    allow_login_shell: false,
    // Merged by Codex into the user's own `set`; found in no file under CODEX_HOME afterwards (0.169, tried).
    'shell_environment_policy.set': allowedEnvironment(
      // Without SHLVL bash takes itself for started by sshd in Codex's sandbox, and reads ~/.bashrc.
      { SHLVL: '1', ...request.environment },
      policy,
      [...request.alwaysKept, 'SHLVL'],
    ),
    ...(request.effort ? { model_reasoning_effort: request.effort } : {}),
    ...(request.model ? { review_model: request.model } : {}),
  };
}

/**
 * A plugin that is loaded in Codex would see the threads that it delegated itself, and its skills would offer them to
 * delegate again. The user's own hooks, which may forbid commands, stay on: `features.hooks = false` would let a task do
 * here what it may not do in Codex. Only this form, an object, takes a plugin out of one thread (0.169, tried).
 */
function withoutOurselves(config: Record<string, unknown>): Record<string, { enabled: false }> {
  const ours = Object.keys(fields(config.plugins)).filter((id) => id.startsWith('codex@'));
  return Object.fromEntries(ours.map((id) => [id, { enabled: false }]));
}
