/**
 * Who a process is. A bare pid identifies nothing: it is reused after the process, after a reboot, and means something
 * else in another pid namespace or on another machine that shares the directory.
 */
export interface ProcessIdentity {
  /** hash of machine id and host name */
  machine: string;
  /** boot id: changes at every boot */
  boot: string;
  /** pid namespace, "" where the platform has none */
  pidNamespace: string;
  pid: number;
  /** start time as the platform tells it; only ever compared for equality */
  start: string;
}

/** Where we are: the part of an identity that all processes here share. */
export type Place = Pick<ProcessIdentity, 'machine' | 'boot' | 'pidNamespace'>;

/** `unprovable`: another machine or pid namespace; such a process is neither overtaken nor signalled. */
export type Liveness = 'alive' | 'dead' | 'unprovable';

/**
 * Is that very process alive? `startNow` is the start time of whatever has its pid at this moment (undefined: nobody).
 * A zombie counts as nobody: the caller reports it as undefined.
 */
export function judgeLiveness(
  identity: ProcessIdentity,
  here: Place,
  startNow: string | undefined,
): Liveness {
  if (identity.machine !== here.machine) return 'unprovable';
  if (identity.boot !== here.boot) return 'dead';
  if (identity.pidNamespace !== here.pidNamespace) return 'unprovable';
  return startNow !== undefined && startNow === identity.start ? 'alive' : 'dead';
}

export function sameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return (
    a.pid === b.pid &&
    a.start === b.start &&
    a.boot === b.boot &&
    a.machine === b.machine &&
    a.pidNamespace === b.pidNamespace
  );
}
