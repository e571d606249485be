import type { ProcessIdentity } from '../domain/base/identity.ts';
import { liveness } from '../process/identity.ts';
import { findJobProcesses, type JobTrace } from '../process/job/find.ts';
import { continueJobProcesses, pauseJobProcesses } from '../process/job/freeze.ts';
import { standsStill } from '../process/job/standstill.ts';
import { stopJobProcesses } from '../process/job/stop.ts';
import { signalProcess } from '../process/signal.ts';
import { spawnDetached } from '../process/spawn.ts';
import type { JobFacts } from '../state/job/job-directory.ts';
import type { Place } from './place.ts';
import { traceOf } from './trace.ts';

/** This machine, with nothing in between. */
export const local: Place = onThisMachine(traceOf);

/** What is common to all places on this machine; they differ in by what a job's processes are known. */
export function onThisMachine(trace: (job: JobFacts) => JobTrace): Place {
  return {
    pauses: true,
    isHere: true,
    obstacle: async () => null,
    start: ({ command, args, env, log, input }) =>
      spawnDetached(command, args, {
        ...{ env, logFile: log },
        ...(input === undefined ? {} : { stdin: input }),
      }),
    sight: (job) => {
      const recorder = recorderOf(job);
      return { recorder: recorder ? liveness(recorder) : 'none' };
    },
    motion: ({ command }) => (command && standsStill(command) ? 'stopped' : 'moving'),
    processes: (job) => findJobProcesses(trace(job)),
    stop: (job, manner) => stopJobProcesses(trace(job), manner),
    endRecorder: ({ claim }) => {
      if (claim?.kind === 'worker' && liveness(claim.worker) === 'alive')
        signalProcess(claim.worker, 'SIGKILL');
    },
    pause: (job) => pauseJobProcesses(trace(job)),
    resume: (job, before) => continueJobProcesses(trace(job), before),
  };
}

function recorderOf({ claim, spawned }: JobFacts): ProcessIdentity | null {
  return claim?.kind === 'worker' ? claim.worker : spawned;
}
