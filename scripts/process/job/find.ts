import type { ProcessIdentity } from '../../domain/base/identity.ts';
import type { JobProcess } from '../../domain/job/processes.ts';
import { commandLineOf } from '../command-line.ts';
import { liveness, readStat, type Stat } from '../identity.ts';
import { identifyLog, inheritedLog } from '../log-mark.ts';
import type { FileIdentity } from '../platform/platform.ts';
import { can } from '../platform/this-platform.ts';
import { livingProcesses, ownerOf } from '../table.ts';
import { isInScope } from './scope.ts';

/** By what a job's processes are known. */
export interface JobTrace {
  jobId: string;
  /** the session and group leader that the command became, if it is known */
  leader: ProcessIdentity | null;
  /** ours: the wrapper or worker, which must live to record the end */
  spared: ProcessIdentity | null;
  /** where a shell job's output goes; null for a Codex job, whose commands share Codex's own sessions and descriptors */
  log: string | null;
  /** the systemd scope that it was started in */
  scope?: string;
  /** found by an earlier stop of it */
  known?: ProcessIdentity[];
}

/** Every living process of a job, at this moment. */
export function findJobProcesses(trace: JobTrace): JobProcess[] {
  return new JobSearch(trace).look().map(({ process }) => process);
}

export interface Found {
  row: Stat;
  process: JobProcess;
}

const COMMAND_LENGTH = 200;

/**
 * Finds the living processes of a job, as often as it is asked, and remembers whom it has found. A process belongs to the
 * job by any of: the cookie in its environment, its scope, the group or session of the job's leader or of another process of the
 * job, a parent among them, the job's own descriptor of its log, or having been found before. One that carries another
 * job's cookie, or whose session's leader does, belongs to that one. See docs/stopping.md.
 */
export class JobSearch {
  readonly #trace: JobTrace;
  readonly #log: FileIdentity | undefined;
  readonly #known: Set<string>;
  readonly #seen = new Map<string, JobProcess>();
  /** have no descriptor of the job: nobody gets one later */
  readonly #withoutLog = new Set<string>();

  constructor(trace: JobTrace) {
    this.#trace = trace;
    this.#known = new Set(trace.known?.filter((one) => liveness(one) === 'alive').map(keyOf));
    this.#log = trace.log !== null && can('hasOpen') ? identifyLog(trace.log) : undefined;
  }

  /** All that were ever found, the living and the dead. */
  get seen(): JobProcess[] {
    return [...this.#seen.values()];
  }

  /** `onSight` is called at once for each that shows by itself, before the others are read. */
  look(onSight: (found: Found) => void = () => {}): Found[] {
    const spared = this.#spared();
    const table = new Map<number, Stat>();
    const found = new Map<number, Found>();
    const leader = this.#livingLeader();
    const add = (row: Stat) => {
      const one = { row, process: this.#remember(row) };
      found.set(row.pid, one);
      return one;
    };
    for (const row of livingProcesses()) {
      if (spared(row)) continue;
      table.set(row.pid, row);
      if (this.#showsItself(row, leader)) onSight(add(row));
    }
    let more = this.#related(table, found, spared);
    for (; more.length > 0; more = this.#related(table, found, spared)) more.forEach(add);
    return [...found.values()];
  }

  #showsItself(row: Stat, leader: number | undefined): boolean {
    if (this.#seen.has(keyOf(row)) || this.#known.has(keyOf(row))) return true;
    // Reading an environment costs as much as all else here, and most processes are older than the job.
    const owner = this.#isOlder(row) ? undefined : this.#ownerOf(row.pid);
    if (owner !== undefined) return owner === this.#trace.jobId;
    if (this.#trace.scope !== undefined && isInScope(row.pid, this.#trace.scope)) return true;
    if (leader !== undefined && (row.group === leader || row.session === leader)) return true;
    return this.#hasLog(row);
  }

  get #since(): string | undefined {
    return this.#trace.spared?.start ?? this.#trace.leader?.start;
  }

  /** Older than the job's first process. False where start times are no numbers (no /proc). */
  #isOlder(row: Stat): boolean {
    return this.#since !== undefined && Number(row.start) < Number(this.#since);
  }

  /** Only processes that are younger than the job: among the older ones is the one that opened its log. */
  #hasLog(row: Stat): boolean {
    if (!this.#log || this.#since === undefined || this.#isOlder(row)) return false;
    if (this.#withoutLog.has(keyOf(row))) return false;
    const has = inheritedLog(row.pid, this.#log);
    if (!has) this.#withoutLog.add(keyOf(row));
    return has;
  }

  /** Those that are known by others of the job alone: as their children, or by a session that one of them made. */
  #related(table: Map<number, Stat>, found: Map<number, Found>, spared: Spared): Stat[] {
    const sessions = new Set(
      this.#trace.log === null ? [] : [...found.values()].map(({ row }) => row.session),
    );
    // The wrapper's session holds what is ours; a job is in it only where it could not get one of its own.
    sessions.delete(spared.session);
    return [...table.values()].filter(
      (row) =>
        !found.has(row.pid) &&
        (found.has(row.parent) || (row.session !== null && sessions.has(row.session))) &&
        !this.#belongsToAnother(row),
    );
  }

  /** Without environments a job is found by its other traces, and the doctor says so. */
  #ownerOf(pid: number): string | undefined {
    return can('environmentOf') ? ownerOf(pid) : undefined;
  }

  #belongsToAnother(row: Stat): boolean {
    return [row.pid, row.session].some(
      (pid) => pid !== null && (this.#ownerOf(pid) ?? this.#trace.jobId) !== this.#trace.jobId,
    );
  }

  #livingLeader(): number | undefined {
    const { leader } = this.#trace;
    return leader && liveness(leader) === 'alive' ? leader.pid : undefined;
  }

  #remember(row: Stat): JobProcess {
    const key = keyOf(row);
    const known = this.#seen.get(key);
    if (known) return known;
    const command = commandLineOf(row.pid).slice(0, COMMAND_LENGTH) || row.comm;
    const process = { pid: row.pid, start: row.start, name: row.comm, command };
    this.#seen.set(key, process);
    return process;
  }

  /** Ourselves, init, and the wrapper with its watchdog: they make up the wrapper's group, in which the command is not. */
  #spared(): Spared {
    const { spared, leader } = this.#trace;
    const wrapper = spared && liveness(spared) === 'alive' ? spared.pid : undefined;
    const shared = leader !== null && readStat(leader.pid)?.group === wrapper;
    const group = shared ? undefined : wrapper;
    const test = ({ pid, group: its }: Stat) =>
      pid <= 1 || pid === process.pid || pid === wrapper || (group !== undefined && its === group);
    return Object.assign(test, { session: shared || wrapper === undefined ? 0 : wrapper });
  }
}

/** `session`: the one in which we ourselves are, 0 for none. */
type Spared = ((row: Stat) => boolean) & { session: number };

export function keyOf({ pid, start }: Pick<JobProcess, 'pid' | 'start'>): string {
  return `${pid} ${start}`;
}
