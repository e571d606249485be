import { HOST_NAMES, type HostName } from '../domain/base/hosts.ts';
import type { ProcessIdentity } from '../domain/base/identity.ts';
import type { Origin } from '../domain/job/job.ts';
import type { Environment } from '../process/environment.ts';
import { identify } from '../process/identity.ts';
import { type HostProcess, innermostHost, isAncestor } from './ancestry.ts';
import { HOSTS } from './hosts.ts';

/** Whose command this is, or null in a plain terminal. */
export function detectOrigin(environment: Environment): Origin | null {
  const nearest = innermostHost();
  const named = sessionNamed(environment, nearest?.host);
  return named && { ...named, client: clientOf(named.host, nearest, environment) };
}

/**
 * The session that an environment tells of. The hosts' own variables are believed before our export. All agents pass on
 * what they inherited, so where the variables of several are present, `nearest`, the innermost living host, decides;
 * where none is found (its client is dead), the last one of them in the table of hosts, as that is started by the others.
 */
export function sessionNamed(
  environment: Environment,
  nearest: HostName | undefined,
): { host: HostName; sessionId: string } | null {
  const sessionOf = (host: HostName) => firstIn(environment, HOSTS[host].variables.session);
  const innermost = (hosts: HostName[]) => hosts.find((host) => host === nearest) ?? hosts.at(-1);
  const host = innermost(HOST_NAMES.filter((name) => sessionOf(name) !== undefined));
  const sessionId = host && sessionOf(host);
  if (host && sessionId) return { host, sessionId };
  // Exported by our own hook.
  const own = firstIn(environment, ['CODEX_COMPANION_SESSION_ID']);
  const exporter = innermost(HOST_NAMES.filter((name) => HOSTS[name].variables.shellFile !== null));
  return own && exporter ? { host: exporter, sessionId: own } : null;
}

/** The host's process above us, or null where it cannot be told. */
export function clientAbove(host: HostName, environment: Environment): ProcessIdentity | null {
  return clientOf(host, innermostHost(), environment);
}

/** A host may name its process; as the name is inherited, only a living host or one above us is believed. */
function clientOf(
  host: HostName,
  nearest: HostProcess | undefined,
  environment: Environment,
): ProcessIdentity | null {
  if (nearest?.host === host) return nearest.process;
  const { client } = HOSTS[host].variables;
  const told = Number(client && environment[client]);
  if (!Number.isSafeInteger(told) || told <= 1) return null;
  const isHost = innermostHost(told)?.process.pid === told;
  return isHost || isAncestor(told) ? (identify(told) ?? null) : null;
}

function firstIn(environment: Environment, names: readonly string[]): string | undefined {
  return names.map((name) => environment[name]).find((value) => value);
}
