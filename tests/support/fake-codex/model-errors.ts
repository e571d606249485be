import type { ModelStep } from '../real/model-script.ts';
import { type WireError, wireError } from './items.ts';

/** How Codex tells that the model's answer was none; undefined where it was one. */
export function errorOf({ http, fail, drop }: ModelStep): WireError | undefined {
  if (drop) return wireError('stream disconnected before completion: Transport error', 'other');
  if (fail?.code === 'rate_limit_exceeded')
    return wireError(`rate limit exceeded: ${fail.message}`, 'rateLimitExceeded');
  if (fail) return wireError(fail.message, 'other');
  if (http === undefined) return undefined;
  if (http >= 500)
    return wireError(
      'We’re currently experiencing high demand, which may cause temporary errors.',
      'internalServerError',
    );
  const kind = http === 429 ? 'responseTooManyFailedAttempts' : 'httpConnectionFailed';
  return wireError(`unexpected status ${http}`, { [kind]: { httpStatusCode: http } });
}
