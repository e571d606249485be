import { parseDuration } from '../../../domain/base/duration.ts';
import { CompanionError } from '../../../domain/base/errors.ts';
import { echo } from '../../../domain/text/harmless.ts';
import { HOLD_LIMIT_SECONDS } from '../../../domain/workspace/workspace-state.ts';
import type { Options } from './options.ts';

/** `--hold-one-shot-turn`: seconds, 0 for off; undefined where it was not given. Throws usage errors. */
export function holdOption(options: Options): number | undefined {
  const text = options.text('hold-one-shot-turn');
  if (text === undefined) return undefined;
  if (text.toLowerCase() === 'off') return 0;
  const seconds = Math.ceil(parseDuration(text) ?? 0);
  if (seconds > 0 && seconds <= HOLD_LIMIT_SECONDS) return seconds;
  throw new CompanionError(
    'usage',
    `--hold-one-shot-turn ${echo(text)} is neither a duration of at most an hour nor off.`,
    { hint: '--hold-one-shot-turn 10m, or --hold-one-shot-turn off' },
  );
}
