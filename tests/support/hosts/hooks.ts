import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { HostName } from '../../../scripts/domain/base/hosts.ts';
import type { ProcessIdentity } from '../../../scripts/domain/base/identity.ts';
import type { JobRequest } from '../../../scripts/domain/job/job.ts';
import { liveJobs } from '../../../scripts/domain/workspace/workspace-state.ts';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { makeContext } from '../../../scripts/use-cases/context.ts';
import { cancel } from '../../../scripts/use-cases/jobs/cancel.ts';
import { enqueue } from '../../../scripts/use-cases/jobs/enqueue.ts';
import { otherWorkspaces } from '../../../scripts/use-cases/reading/find-job.ts';
import type { RunningCli, World } from '../world.ts';
import { patientPath } from './patient-node.ts';

const hooks = join(import.meta.dirname, '../../../hooks');

export interface HookOptions {
  host?: HostName;
  event: 'SessionStart' | 'SessionEnd' | 'UserPromptSubmit' | 'FileChanged' | 'Stop' | 'PreToolUse';
  /** set in the environment for Claude Code, on stdin for Codex */
  session?: string;
  /** fields of the JSON on stdin, over what a host gives; or the bytes themselves */
  input?: Record<string, unknown>;
  stdin?: string | Buffer | 'open';
  env?: Record<string, string | undefined>;
  /** before the hook's own command, as arguments of `env` would be */
  prefix?: string[];
}

export interface HookResult {
  code: number | null;
  /** without the doorbell that every start of a session in Claude Code asks to be watched */
  stdout: string;
  /** that doorbell */
  watched: string[];
  stderr: string;
  /** milliseconds; on a loaded machine seconds, see `HELD_UP_MS` */
  ms: number;
}

/** Calls a hook as the host does: by its declared command, with the host's variables and its JSON. */
export async function callHook(world: World, options: HookOptions): Promise<HookResult> {
  const started = performance.now();
  const { code, stdout, stderr } = await startHook(world, options).ended;
  return { code, ...withoutDoorbell(stdout), stderr, ms: performance.now() - started };
}

function withoutDoorbell(stdout: string): { stdout: string; watched: string[] } {
  if (!stdout.includes('"watchPaths"')) return { stdout, watched: [] };
  const { hookSpecificOutput, ...answer } = JSON.parse(stdout);
  const { watchPaths, hookEventName, ...rest } = hookSpecificOutput;
  if (Object.keys(rest).length > 0) answer.hookSpecificOutput = { hookEventName, ...rest };
  const isEmpty = Object.keys(answer).length === 0;
  return { stdout: isEmpty ? '' : `${JSON.stringify(answer)}\n`, watched: watchPaths };
}

export function startHook(world: World, options: HookOptions): RunningCli {
  const { host = 'claude-code', event, session = 'session-1', prefix = [] } = options;
  const PATH = patientPath(pluginOf(world), world.env.PATH, options.stdin === 'open' ? 'open' : 'ends');
  const ofHost = host === 'codex' ? { PLUGIN_ROOT: pluginOf(world) } : claudeVariables(world, session);
  return world.startWith(
    {
      stdin: options.stdin ?? JSON.stringify(hookInput(world, options)),
      env: { PATH, CLAUDE_PLUGIN_ROOT: pluginOf(world), ...ofHost, ...options.env },
      program: [
        ...prefix,
        '/bin/sh',
        '-c',
        `sh "$CLAUDE_PLUGIN_ROOT/hooks/session-hook.sh" ${host} ${event}`,
      ],
    },
    ...[],
  );
}

export function hookInput(world: World, { event, session = 'session-1', input }: HookOptions): object {
  const own = event === 'SessionStart' ? { source: 'startup' } : { reason: 'other' };
  const transcript_path = `/nowhere/${session}.jsonl`;
  return {
    session_id: session,
    transcript_path,
    cwd: world.workspace,
    hook_event_name: event,
    ...own,
    ...input,
  };
}

/** Hooks beside bundles, as in an installed plugin. */
export function pluginOf(world: World): string {
  const directory = join(world.folder, 'the plugin');
  if (!existsSync(directory)) {
    mkdirSync(directory);
    cpSync(hooks, join(directory, 'hooks'), { recursive: true });
    symlinkSync(world.bundles, join(directory, 'dist'));
  }
  return directory;
}

function claudeVariables(world: World, session: string): Record<string, string> {
  return { CLAUDECODE: '1', CLAUDE_CODE_SESSION_ID: session, CLAUDE_PROJECT_DIR: world.workspace };
}

export interface SessionJob {
  session?: string;
  host?: HostName;
  client?: ProcessIdentity;
  background: boolean;
  cwd?: string;
  command?: string[];
}

/** A shell job of a session, as its agent would have started it. */
export async function sessionJob(world: World, options: SessionJob): Promise<JobRequest> {
  const {
    session = 'session-1',
    host = 'claude-code',
    client = null,
    background,
    cwd = world.workspace,
    command = ['sleep', '300'],
  } = options;
  return enqueue(makeContext(world.env, cwd, world.bundles), {
    kind: 'run',
    title: 'Run',
    summary: command.join(' '),
    background,
    limits: { deadlineSeconds: 0, stallSeconds: 0 },
    origin: { host, sessionId: session, client },
    spec: { argv: command },
  });
}

/** Ends, with its scope, the jobs that a test leaves running on purpose. */
export function endingJobs(world: World): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: async () => {
      const context = world.context();
      for (const layout of [context.layout, ...otherWorkspaces(context)])
        for (const { id } of liveJobs(readState(layout)))
          await cancel({ id, layout }, { stop: { kind: 'user', by: 'the test' }, manner: { graceMs: 0 } });
    },
  };
}
