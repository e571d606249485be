import { describeBinary, stretchesIn } from '../../../domain/text/binary.ts';
import { ReadableText } from '../../../domain/text/terminal-text.ts';
import { unfinishedTail } from './log-text.ts';

/** How the bytes of a log are shown. */
export interface LogView {
  /** what is to be shown now that these have come */
  take(bytes: Buffer): Uint8Array | string;
  /** nothing more has come for now: what of the unfinished line can be shown */
  pause(): string;
  /** the rest; `complete`: nothing will ever follow. Otherwise a character that is not there whole is left out. */
  end(complete: boolean): string;
  /** the log begins anew: what is left to be shown of what was taken, and nothing held */
  restart(): string;
  /** how many of the bytes that were taken are left out then */
  readonly held: number;
}

/** Every byte as it is. */
export const AS_IT_IS: LogView = {
  take: (bytes) => bytes,
  pause: () => '',
  end: () => '',
  restart: () => '',
  held: 0,
};

/** Text as a terminal would show it in the end, and a word in the place of what is no text. */
export class ReadableView implements LogView {
  readonly #text = new ReadableText();
  #rest: Buffer = Buffer.alloc(0);
  #binary: { size: number; first: Uint8Array } | undefined;
  #atLineStart = true;

  get held(): number {
    return this.#rest.length;
  }

  take(bytes: Buffer): string {
    const all = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    const whole = all.subarray(0, all.length - unfinishedTail(all));
    this.#rest = Buffer.from(all.subarray(whole.length));
    let out = '';
    for (const { from, to, binary } of stretchesIn(whole, this.#binary !== undefined)) {
      const part = whole.subarray(from, to);
      out += binary
        ? this.#skip(part)
        : this.#tellBinary() + this.#show(this.#text.write(part.toString('utf8')));
    }
    return out;
  }

  pause(): string {
    return this.#binary ? '' : this.#show(this.#text.unfinished());
  }

  end(complete: boolean): string {
    const rest = complete ? this.#rest : Buffer.alloc(0);
    if (complete) this.#rest = rest.subarray(rest.length);
    if (this.#binary) this.#binary.size += rest.length;
    const last = this.#binary ? '' : this.#text.write(rest.toString('utf8'));
    return this.#tellBinary() + this.#show(last + this.#text.end());
  }

  restart(): string {
    const last = this.end(false);
    this.#rest = Buffer.alloc(0);
    return last;
  }

  #skip(bytes: Buffer): string {
    const before = this.#binary ? '' : this.#show(this.#text.end());
    this.#binary ??= { size: 0, first: Buffer.from(bytes.subarray(0, 32)) };
    this.#binary.size += bytes.length;
    return before;
  }

  #tellBinary(): string {
    if (!this.#binary) return '';
    const { size, first } = this.#binary;
    this.#binary = undefined;
    return this.#show(`${this.#atLineStart ? '' : '\n'}${describeBinary(size, first)}\n`);
  }

  #show(text: string): string {
    if (text !== '') this.#atLineStart = text.endsWith('\n');
    return text;
  }
}
