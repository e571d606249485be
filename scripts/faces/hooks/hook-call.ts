import type { Readable } from 'node:stream';
import type { HostName } from '../../domain/base/hosts.ts';
import { HOSTS } from '../../hosts/hosts.ts';
import type { Environment } from '../../process/environment.ts';
import { type HookInput, plainText, readHookInput } from './hook-input.ts';

/** What is in the pipe already is read in any case. Milliseconds. */
const LEAST_MS = 30;

/** One call of a hook by a host. */
export interface HookCall {
  host: HostName;
  environment: Environment;
  /** where the host started the hook; the hook itself runs in `/` */
  startedIn: string;
  stdin: Readable;
  /** this program, absolute: the follow-up runs from the same file */
  program: string;
}

/** What a hook gives back to the host. */
export interface HookAnswer {
  /** JSON for stdout; an empty object is not printed */
  stdout?: {
    systemMessage?: string;
    decision?: 'block';
    reason?: string;
    hookSpecificOutput?: Record<string, unknown>;
  };
  /** with exit status 2: for `asyncRewake`, wakes the agent with this text */
  stderr?: string;
  /** called right before anything is written: from then on the host may have it */
  said?: () => void;
}

/** The session that a hook is called for, and what else the host told. */
export interface HookedSession {
  /** null where the host told none, or one that no host would give */
  id: string | null;
  input: HookInput;
}

/** Where the environment names the session, hooks do not depend on stdin. */
export function sessionIdFromEnvironment({ host, environment }: HookCall): string | null {
  const { hooks, variables } = HOSTS[host];
  const [name] = hooks.sessionBy === 'environment' ? variables.session : [];
  return name === undefined ? null : plainText(environment[name], 512);
}

/**
 * @param until how long stdin is waited for, with the session's id known from the environment and without: milliseconds
 * since node began to start, which takes long itself on a loaded machine
 */
export async function hookedSession(
  call: HookCall,
  until: { known: number; unknown: number },
): Promise<HookedSession> {
  const known = sessionIdFromEnvironment(call);
  const limit = (known === null ? until.unknown : until.known) - performance.now();
  const { shellTool } = HOSTS[call.host];
  const input = await readHookInput(call.stdin, Math.max(limit, LEAST_MS), shellTool);
  return { id: known ?? input.sessionId, input };
}

/** Directories that the session may belong to, likeliest first. */
export function sessionDirectories(call: HookCall, input: HookInput): string[] {
  const { project } = HOSTS[call.host].variables;
  const named = project === null ? null : plainText(call.environment[project], 4096);
  const all = [input.cwd, named, call.startedIn].filter((one) => one?.startsWith('/'));
  return [...new Set(all)] as string[];
}
