import { HOST_TRAITS, type HostName } from '../base/hosts.ts';
import { type Liveness, type ProcessIdentity, sameProcess } from '../base/identity.ts';

/**
 * Whether a session is open is decided here alone, from what is known of each client: a session can be open in several
 * (`claude --resume ID` in a second terminal), and each may end it, die, or go on with another conversation by itself.
 * `unknown` is neither: no client of it can be seen from here.
 */
export type Standing = 'open' | 'over' | 'unknown';

/** A process that a session is or was open in, as seen now. */
export interface SeenClient {
  /** null where the host's process could not be found */
  client: ProcessIdentity | null;
  /** null where there is no process to look at */
  life: Liveness | null;
  /** its end of this session was heard, or it has begun another conversation */
  ended: boolean;
}

/** The one decision about a session. */
export function standingFrom(clients: readonly SeenClient[]): Standing {
  // One that cannot be found says nothing where others can.
  const known = clients.filter(({ life, ended }) => ended || life !== null);
  const each = known.map(clientStanding);
  if (each.includes('open')) return 'open';
  return each.length > 0 && each.every((one) => one === 'over') ? 'over' : 'unknown';
}

/** Milliseconds: 14 days, as for notices that nobody comes for. */
const FORGOTTEN_AFTER_MS = 14 * 86_400_000;

/**
 * May what is known of a session go, where it is owed nothing? Also of one whose client nobody could find at its start, when
 * that is long ago: its end can never be seen. `startedMsAgo`: its latest start.
 */
export function isDoneWith(clients: readonly SeenClient[], startedMsAgo: number): boolean {
  if (standingFrom(clients) === 'over') return true;
  return clients.every(({ life }) => life === null) && startedMsAgo > FORGOTTEN_AFTER_MS;
}

export function clientStanding({ life, ended }: SeenClient): Standing {
  if (ended || life === 'dead') return 'over';
  return life === 'alive' ? 'open' : 'unknown';
}

/** Why a session is over for a job that one of its clients has asked for. */
export type WhyOver = 'ended' | 'died';

/**
 * Is the session of a foreground job over? By the client that asked for it, as long as that lives; of one that is dead the
 * session may go on in another one (resumed), and its job with it. Null while it is not over, or nobody can know.
 */
export function whyOver(
  asker: ProcessIdentity | null,
  life: Liveness | null,
  clients: readonly SeenClient[],
): WhyOver | null {
  const known = asker && clients.find(({ client }) => client && sameProcess(client, asker));
  if (known?.ended) return 'ended';
  if (life === 'alive') return null;
  const all = asker && !known ? [...clients, { client: asker, life, ended: false }] : clients;
  if (standingFrom(all) !== 'over') return null;
  return all.some(({ ended }) => ended) ? 'ended' : 'died';
}

/** Does a job end where its session is ended by `ending`? Not one that another, living client of it has asked for. */
export function endsWith(
  asker: ProcessIdentity | null,
  life: Liveness | null,
  ending: ProcessIdentity | null,
): boolean {
  return !asker || life !== 'alive' || (ending !== null && sameProcess(asker, ending));
}

/** A session as one client has started it. */
export interface StartedSession {
  host: HostName;
  sessionId: string;
  client: ProcessIdentity | null;
}

/**
 * Of a host with one conversation at a time, where its process starts another one (/clear, /resume), the former is over there,
 * even if its end was not heard.
 */
export function replaces(next: StartedSession, former: StartedSession): boolean {
  if (former.host !== next.host || HOST_TRAITS[next.host].sessionsPerProcess === 'many') return false;
  if (next.sessionId === former.sessionId || !next.client || !former.client) return false;
  return sameProcess(next.client, former.client);
}
