import type { HostName } from '../domain/base/hosts.ts';
import type { ProcessIdentity } from '../domain/base/identity.ts';
import type { Origin } from '../domain/job/job.ts';
import type { Environment } from '../process/environment.ts';
import { identify } from '../process/identity.ts';
import { type HostProcess, innermostHost, isAncestor } from './ancestry.ts';

/**
 * Whose command this is, or null in a plain terminal. The hosts' own variables are believed before our export. Both
 * agents pass on what they inherited, so where the variables of both are present, the innermost living host decides;
 * where none is found (its client is dead), Codex does: it is the one that agents of the other kind start.
 */
export function detectOrigin(environment: Environment): Origin | null {
  const nearest = innermostHost();
  const claude = environment.CLAUDE_CODE_SESSION_ID || undefined;
  const codex = environment.CODEX_THREAD_ID || environment.CODEX_SESSION_ID || undefined;
  const own = environment.CODEX_COMPANION_SESSION_ID || undefined;
  const host = claude && codex ? (nearest?.host ?? 'codex') : claude ? 'claude-code' : codex ? 'codex' : null;
  if (host) {
    const sessionId = host === 'codex' ? codex : claude;
    return sessionId ? { host, sessionId, client: clientOf(host, nearest, environment) } : null;
  }
  if (!own) return null;
  // Only Claude Code lets a hook export variables.
  return { host: 'claude-code', sessionId: own, client: clientOf('claude-code', nearest, environment) };
}

/** The host's process above us, or null where it cannot be told. */
export function clientAbove(host: HostName, environment: Environment): ProcessIdentity | null {
  return clientOf(host, innermostHost(), environment);
}

/** Claude Code 2.1.329 names its process; as the name is inherited, only a living `claude` or one above us is believed. */
function clientOf(
  host: HostName,
  nearest: HostProcess | undefined,
  environment: Environment,
): ProcessIdentity | null {
  if (nearest?.host === host) return nearest.process;
  const told = Number(environment.CLAUDE_PID);
  if (host !== 'claude-code' || !Number.isSafeInteger(told) || told <= 1) return null;
  const isClaude = innermostHost(told)?.process.pid === told;
  return isClaude || isAncestor(told) ? (identify(told) ?? null) : null;
}
