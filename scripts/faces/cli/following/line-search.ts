import { CompanionError } from '../../../domain/base/errors.ts';
import { echo } from '../../../domain/text/harmless.ts';
import { readableLine } from '../../../domain/text/terminal-text.ts';
import { isShorter, readBytes } from '../../../state/log/log.ts';

const CHUNK_BYTES = 65_536;
/** Of a longer line, its end. */
const LINE_BYTES = 65_536;
/** Of a line that is longer still, what lies between its beginning and its end so far is passed over. */
const SEARCHED_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

export interface Match {
  /** as it is shown: without colours and control characters */
  line: string;
  /** the byte after it, or after what is there of an unfinished one */
  end: number;
}

/** Looks for a line of a growing log, each line once and as a person would read it; what of the last one is there counts. */
export class LineSearch {
  readonly #file: string;
  readonly #wanted: RegExp;
  #offset: number;
  #rest: Buffer = Buffer.alloc(0);
  /** where the line begins whose end has not come yet */
  #lineStart: number;
  #found: Match | undefined;

  constructor(file: string, wanted: RegExp, from = 0) {
    this.#file = file;
    this.#wanted = wanted;
    this.#offset = from;
    this.#lineStart = from;
  }

  get found(): Match | undefined {
    return this.#found;
  }

  /** Up to here there is no match, or the match ends here. */
  get seen(): number {
    return this.#found?.end ?? this.#offset;
  }

  /** Reads all that is there by now, or up to the first match. */
  look(): Match | undefined {
    if (!this.#found && isShorter(this.#file, this.#offset)) {
      this.#offset = 0;
      this.#lineStart = 0;
      this.#rest = Buffer.alloc(0);
    }
    while (!this.#found) {
      const bytes = readBytes(this.#file, this.#offset, CHUNK_BYTES);
      if (bytes.length === 0) break;
      this.#take(bytes, bytes.length < CHUNK_BYTES);
    }
    return this.#found;
  }

  /** `isLast`: of what is there by now */
  #take(bytes: Buffer, isLast: boolean): void {
    const base = this.#offset - this.#rest.length;
    const all = Buffer.concat([this.#rest, bytes]);
    this.#offset += bytes.length;
    let from = 0;
    for (let feed = all.indexOf(NEWLINE); feed >= 0; feed = all.indexOf(NEWLINE, from)) {
      if (this.#test(all.subarray(from, feed), base + feed + 1)) return;
      from = feed + 1;
      this.#lineStart = base + from;
    }
    this.#rest = Buffer.from(all.subarray(Math.max(from, all.length - LINE_BYTES)));
    if (isLast || this.#offset - this.#lineStart <= SEARCHED_BYTES) this.#test(this.#rest, this.#offset);
  }

  #test(bytes: Buffer, end: number): boolean {
    const line = readableLine(bytes.toString('utf8'));
    if (!this.#wanted.test(line)) return false;
    this.#found = { line, end };
    return true;
  }
}

/** @throws CompanionError `usage` where it is no regular expression of JavaScript */
export function patternOf(option: string, text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CompanionError(
      'usage',
      `--${option} ${echo(text)} is no regular expression: ${error.message}.`,
      {
        hint: `--${option} 'listening on port \\d+'`,
        cause: error,
      },
    );
  }
}
