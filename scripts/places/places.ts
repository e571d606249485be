import type { JobRequest } from '../domain/job/job.ts';
import type { PlaceName } from '../domain/job/place.ts';
import { local } from './local.ts';
import type { Place } from './place.ts';
import { scope } from './scope.ts';

/** Every place by its name, as `run --on` takes it and a job's request has it. */
export const PLACES: Record<PlaceName, Place> = { local, scope };

export function placeOf({ place }: Pick<JobRequest, 'place'>): Place {
  return PLACES[place];
}
