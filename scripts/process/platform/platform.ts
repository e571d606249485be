/** One living process, as a row of the process table. */
export interface ProcessRow {
  pid: number;
  comm: string;
  state: string;
  parent: number;
  group: number;
  /** null where the platform does not tell */
  session: number | null;
  /** as the platform tells it; only ever compared for equality, and on Linux for order */
  start: string;
}

/** Which file it is, whatever its name. */
export interface FileIdentity {
  device: bigint;
  inode: bigint;
}

/** A process with its command line, for a search through all of them. */
export interface CommandRow {
  pid: number;
  name: string;
  command: string;
}

/**
 * What we ask an operating system about processes. Reading is synchronous on purpose: a check is worth something only
 * in the same step as the act it guards. "Nobody" (a pid that is free, gone, or not ours to see) is an answer; a
 * platform that cannot tell at all says `Lacking` in the ability's place, so that nobody takes the one for the other.
 */
export interface Abilities {
  /** The process with this pid; with `zombies` also one that has ended and is not reaped yet. */
  row(pid: number, options?: { zombies?: boolean }): ProcessRow | undefined;
  /**
   * All living processes that this user can see, the newest first: of a chain of processes that each live for a moment,
   * a listing that is read from its other end finds the dead only.
   */
  table(): Iterable<ProcessRow>;
  /** Every process with its command line, for judging and not for acting: it may take two looks to read. */
  commands(): Promise<CommandRow[]>;
  /** NAME=value, each ended by a NUL, as the process was started with it; "" for nobody. */
  environmentOf(pid: number): string;
  /** Its own name first; undefined for nobody. */
  argumentsOf(pid: number): string[] | undefined;
  /** The file that the process runs, absolute; undefined for nobody. */
  programOf(pid: number): string | undefined;
  /** The paths of its control groups; none for nobody. */
  controlGroupsOf(pid: number): string[];
  /** Who runs it, by number; undefined for nobody. */
  userOf(pid: number): number | undefined;
  /** What it has in memory, in bytes; undefined for nobody, and where it is not ours to see. */
  memoryOf(pid: number): number | undefined;
  /** The TCP ports on which it waits for connections, in their order. */
  listeningPortsOf(pid: number): number[];
  /** Does any of its threads run, or wait for a processor or a disk, now? */
  isScheduled(pid: number): boolean;
  /** Has it a descriptor of that file that was opened with at least these flags of open(2)? */
  hasOpen(pid: number, file: FileIdentity, flags: number): boolean;
  /** statfs(2)'s number for the file system on which `path` lies. */
  fileSystemOf(path: string): number;
  /** How far a file that is open as this descriptor of ours has been read, in bytes. */
  offsetOf(fd: number): number;
  /** Our own arguments as they were passed, before node decoded them; each ended by a NUL. */
  ownArgumentBytes(): Buffer;
  /** The first argument of pid 1. */
  initProgram(): string;
}

export type Ability = keyof Abilities;

/** Stands where an ability would: why there is none, to follow a colon. */
export interface Lacking {
  lacks: string;
}

/** One operating system: who we are on it, and its abilities, each there or refused by name. */
export type Platform = {
  /** as node names it: `linux`, `darwin` */
  name: string;
  /** changes at every boot; "" where it cannot be had: start times alone then tell processes apart */
  bootId(): string;
  /** "" where the platform has none */
  pidNamespace(): string;
} & { [A in Ability]: Abilities[A] | Lacking };

/** How a refusal names them, to follow "cannot read". */
export const ABILITY_NAMES: Record<Ability, string> = {
  row: 'a single process',
  table: 'the process table',
  commands: 'the command lines of all processes',
  environmentOf: 'the environment of another process',
  argumentsOf: 'the arguments of a process',
  programOf: 'the program file of a process',
  controlGroupsOf: 'the control groups of a process',
  userOf: 'the user of a process',
  memoryOf: 'the memory of a process',
  listeningPortsOf: 'the ports on which a process listens',
  isScheduled: 'whether a process has work to do at this moment',
  hasOpen: 'the open files of a process',
  fileSystemOf: 'the kind of a file system',
  offsetOf: 'how far an open file has been read',
  ownArgumentBytes: 'the bytes of our own arguments',
  initProgram: 'the program of process 1',
};
