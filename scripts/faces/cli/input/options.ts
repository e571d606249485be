import { parseDuration } from '../../../domain/base/duration.ts';
import { CompanionError } from '../../../domain/base/errors.ts';
import type { Limits } from '../../../domain/job/job.ts';
import type { Parsed } from './arguments.ts';

/** The values of a verb's options, checked where they are asked for. */
export class Options {
  readonly #values: Parsed['options'];

  constructor(values: Parsed['options']) {
    this.#values = values;
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
      throw new CompanionError('usage', `--${name} ${this.text(name)} is not known.`, {
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
    throw new CompanionError('usage', `--${name} "${text}" is no duration.`, {
      hint: `--${name} 90s, 15m, 1.5h or 2d; a plain number is seconds`,
    });
  }

  /** a whole number of at least 0 */
  count(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
    throw new CompanionError('usage', `--${name} "${text}" is not a whole number.`, {
      hint: `--${name} 0, 1, 2, …`,
    });
  }

  refuseTogether(a: string, b: string): void {
    if (this.has(a) && this.has(b))
      throw new CompanionError('usage', `--${a} and --${b} exclude each other.`, { hint: 'Choose one.' });
  }

  /** `--deadline` and `--stall`; limits are whole seconds, and a short one is not rounded to none */
  limits(): Limits {
    return {
      deadlineSeconds: Math.ceil(this.duration('deadline') ?? 0),
      stallSeconds: Math.ceil(this.duration('stall') ?? 0),
    };
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
