import { parseBytes } from '../../../domain/base/bytes.ts';
import { parseDuration } from '../../../domain/base/duration.ts';
import { CompanionError } from '../../../domain/base/errors.ts';
import { LIMITS, type Limits, limitsFrom, standardOf } from '../../../domain/job/limits.ts';
import type { RunnerName } from '../../../domain/job/specs.ts';
import { echo } from '../../../domain/text/harmless.ts';
import type { Parsed } from './arguments.ts';

/** The values of a verb's options, checked where they are asked for. */
export class Options {
  readonly #values: Parsed['options'];

  constructor(values: Parsed['options']) {
    this.#values = values;
  }

  /** as they were given, in their order */
  get given(): Parsed['options'] {
    return this.#values;
  }

  /** every value that is text */
  get texts(): string[] {
    return [...this.#values.values()].filter((value) => value !== true);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === 'string' ? value : undefined;
  }

  oneOf<const T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const text = this.text(name)?.toLowerCase();
    const found = allowed.find((one) => one === text);
    if (text !== undefined && found === undefined)
      throw new CompanionError('usage', `--${name} ${echo(this.text(name) ?? '')} is not known.`, {
        hint: `--${name} ${allowed.join('|')}`,
      });
    return found;
  }

  /** seconds */
  duration(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const seconds = parseDuration(text);
    if (seconds !== undefined) return seconds;
    throw new CompanionError('usage', `--${name} ${echo(text)} is no duration.`, {
      hint: `--${name} 90s, 15m, 1.5h or 2d; a plain number is seconds`,
    });
  }

  /** a whole number of at least 0 */
  count(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
    throw new CompanionError('usage', `--${name} ${echo(text)} is not a whole number.`, {
      hint: `--${name} 0, 1, 2, …`,
    });
  }

  refuseTogether(a: string, b: string): void {
    if (this.has(a) && this.has(b))
      throw new CompanionError('usage', `--${a} and --${b} exclude each other.`, { hint: 'Choose one.' });
  }

  bytes(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const bytes = parseBytes(text);
    if (bytes !== undefined) return bytes;
    throw new CompanionError('usage', `--${name} ${echo(text)} is no size.`, {
      hint: `--${name} 500k, 200M or 1.5G; a plain number is bytes`,
    });
  }

  /**
   * `--deadline` and the like, `none` for no limit, else the runner's own; limits are whole seconds, and a short one is
   * not rounded to none
   */
  limits(runner: RunnerName): Limits {
    return limitsFrom((limit) => {
      const { option, unit } = LIMITS[limit];
      if (this.text(option)?.toLowerCase() === 'none') return 0;
      const given = unit === 'bytes' ? this.bytes(option) : this.duration(option);
      if (given === 0)
        throw new CompanionError('usage', `--${option} 0 would stop the job at once. Nothing was started.`, {
          hint: `--${option} ${unit === 'bytes' ? '500M' : '15m'}, or --${option} none for no limit`,
        });
      return Math.ceil(given ?? standardOf(limit, runner));
    });
  }

  /** `--on-complete`, as part of a draft */
  onComplete(): { onComplete?: string } {
    const text = this.text('on-complete');
    if (text === undefined) return {};
    if (text.trim() !== '') return { onComplete: text };
    throw new CompanionError('usage', '--on-complete was given no command.', {
      hint: "--on-complete 'text for sh -c'",
    });
  }
}
