/** One process of a job, as people are shown it. */
export interface JobProcess {
  pid: number;
  start: string;
  name: string;
  /** its command line, shortened; its name where it has none */
  command: string;
}

export interface LeftProcess extends JobProcess {
  /** why it could not be ended, or paused */
  why: string;
}

export interface StopResult {
  stopped: JobProcess[];
  left: LeftProcess[];
}

export interface StopManner {
  /** what the job's processes are asked with to end; KILL follows */
  signal: NodeJS.Signals;
  /** between that and KILL; milliseconds */
  graceMs: number;
  /** between the first KILL and giving up; milliseconds */
  killMs: number;
  /** called with all that were found, before the first one is signalled */
  onFound?: (them: JobProcess[]) => void;
}

export interface PauseResult {
  paused: JobProcess[];
  left: LeftProcess[];
  /** were stopped before, by themselves or others, and are not to be continued with the rest */
  before: JobProcess[];
}

export interface ContinueResult {
  resumed: JobProcess[];
  left: LeftProcess[];
}
