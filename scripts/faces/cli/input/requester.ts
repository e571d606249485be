import type { Call } from '../command.ts';

/** Who asks, for the record: a sentence's part. */
export function requester(call: Call): string {
  const origin = call.origin();
  return origin ? `the user, in ${origin.host} session ${origin.sessionId}` : 'the user';
}
