import { parseBytes } from '../../../domain/base/bytes.ts';
import { CompanionError } from '../../../domain/base/errors.ts';
import type { RetentionLimits } from '../../../domain/job/retention.ts';
import { echo } from '../../../domain/text/harmless.ts';
import type { Options } from './options.ts';

/** Less than this would keep nothing worth its name; most likely a unit is missing. */
const LEAST_BYTES = 1024 ** 2;

/** What `setup` is told to keep; nothing for what it is not told. Throws usage errors. */
export function keepOptions(options: Options): Partial<RetentionLimits> {
  const days = options.text('keep-days');
  const size = options.text('keep-size');
  return {
    ...(days === undefined
      ? {}
      : { keepDays: orNone(days, 'keep-days', daysOf, 'a number of days from 1 on') }),
    ...(size === undefined ? {} : { keepBytes: orNone(size, 'keep-size', sizeOf, 'a size of at least 1M') }),
  };
}

function orNone(
  text: string,
  name: string,
  parse: (text: string) => number | undefined,
  wanted: string,
): number | null {
  if (text.toLowerCase() === 'none') return null;
  const value = parse(text);
  if (value !== undefined) return value;
  throw new CompanionError('usage', `--${name} ${echo(text)} is neither ${wanted} nor none.`, {
    hint: '--keep-days 7, --keep-size 500M, or none',
  });
}

function daysOf(text: string): number | undefined {
  const days = Number(text);
  return /^[1-9]\d*$/.test(text) && days <= 36_500 ? days : undefined;
}

function sizeOf(text: string): number | undefined {
  const bytes = parseBytes(text);
  return bytes !== undefined && bytes >= LEAST_BYTES ? bytes : undefined;
}
