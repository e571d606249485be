import { inScope, scopeObstacle, scopeOf } from '../process/job/scope.ts';
import { onThisMachine } from './local.ts';
import type { Place } from './place.ts';
import { traceOf } from './trace.ts';

const inItsScope = onThisMachine((job) => ({ ...traceOf(job), scope: scopeOf(job.request.id) }));

/** A systemd scope of the job's own: what the job starts is born into it, and cannot leave it by itself. */
export const scope: Place = {
  ...inItsScope,
  obstacle: scopeObstacle,
  start: (start) => inItsScope.start(inScope(start, scopeOf(start.jobId))),
};
