import type { JobRequest } from '../../../domain/job/job.ts';
import { nameOf } from '../../../domain/workspace/reference.ts';
import { readNumber } from '../../../state/job/numbers.ts';
import type { Call } from '../command.ts';
import { calledOf } from '../listing/standing.ts';
import type { Output } from '../output.ts';

interface Spoken {
  request: Pick<JobRequest, 'id' | 'title' | 'kind' | 'summary'>;
  directory: string;
}

/** A job in a sentence: `dev (12, run-…)` on a person's screen; elsewhere by its id alone, as programs have always read it. */
export function spoken(out: Output, { request, directory }: Spoken): string {
  if (!isPersonal(out)) return request.id;
  const number = readNumber(directory);
  const name = calledOf({ ...request, name: nameOf(request) });
  return `${name} (${number === undefined ? '' : `${number}, `}${request.id})`;
}

/** What one types to name a job that was just started: on a person's screen its number, where that means it. */
export function toType(call: Call, { id, number }: { id: string; number: number | null }): string {
  const isHere = isPersonal(call.out) && !call.options.has('cwd');
  return isHere && number !== null ? String(number) : id;
}

function isPersonal({ terminalWidth, forModel }: Output): boolean {
  return terminalWidth !== undefined && !forModel;
}
