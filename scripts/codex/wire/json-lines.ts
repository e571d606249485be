import type { Readable, Writable } from 'node:stream';

/** A line that is no message: told to a callback and skipped, never the end of the stream. */
export interface BadLine {
  reason: 'not-json' | 'not-a-message' | 'too-long';
  /** size of the whole line */
  bytes: number;
  /** its first 200 characters; foreign bytes as U+FFFD */
  excerpt: string;
}

export interface ReadOptions {
  onBadLine?: (line: BadLine) => void;
  /** A longer line is skipped: without a limit, a peer that never ends its line would take all memory. */
  maxLineBytes?: number;
  /** Asked for each part that comes; false ends the reading with an error. */
  mayRead?: () => boolean;
}

const NEWLINE = 0x0a;
const DEFAULT_MAX_LINE_BYTES = 256 * 1024 * 1024;
const EXCERPT_CHARACTERS = 200;

/**
 * Hands over each JSON value of a newline-delimited stream, in order. A promise given back by `onValue` is awaited
 * before anything more is read: that is the back-pressure towards the sender. Resolves at the end of the stream,
 * rejects with the stream's error.
 */
export async function readJsonLines(
  input: Readable,
  onValue: (value: unknown) => void | Promise<void>,
  options: ReadOptions = {},
): Promise<void> {
  const lines = new LineSplitter(options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES);
  const bad = (line: BadLine) => options.onBadLine?.(line);

  for await (const chunk of input as AsyncIterable<Buffer | string>) {
    if (options.mayRead?.() === false) throw new Error('more was sent than is taken');
    for (const line of lines.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)) {
      const handled = 'text' in line ? handle(line.text, onValue, bad) : bad(line);
      if (handled) await handled;
    }
  }
  const rest = lines.end();
  if (rest) await ('text' in rest ? handle(rest.text, onValue, bad) : bad(rest));
}

function handle(
  text: Buffer,
  onValue: (value: unknown) => void | Promise<void>,
  bad: (line: BadLine) => void,
) {
  const line = text.toString('utf8');
  if (line.trim() === '') return;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return bad({ reason: 'not-json', bytes: text.length, excerpt: line.slice(0, EXCERPT_CHARACTERS) });
  }
  return onValue(value);
}

type Line = { text: Buffer } | BadLine;

/** Cuts chunks at newlines. The parts of an unfinished line are kept apart and joined once, so cost stays linear. */
class LineSplitter {
  readonly #limit: number;
  #parts: Buffer[] = [];
  #bytes = 0;
  #excerpt = '';

  constructor(limit: number) {
    this.#limit = limit;
  }

  *push(chunk: Buffer): Generator<Line> {
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to !== -1; to = chunk.indexOf(NEWLINE, from)) {
      this.#add(chunk.subarray(from, to));
      yield this.#take();
      from = to + 1;
    }
    if (from < chunk.length) this.#add(chunk.subarray(from));
  }

  /** What stands after the last newline, if anything. */
  end(): Line | undefined {
    return this.#bytes > 0 ? this.#take() : undefined;
  }

  #add(part: Buffer): void {
    this.#bytes += part.length;
    this.#parts.push(part);
    if (this.#bytes <= this.#limit) return;
    if (this.#excerpt === '')
      this.#excerpt = Buffer.concat(this.#parts).toString('utf8', 0, EXCERPT_CHARACTERS);
    this.#parts = [];
  }

  #take(): Line {
    const line: Line =
      this.#bytes > this.#limit
        ? { reason: 'too-long', bytes: this.#bytes, excerpt: this.#excerpt }
        : { text: this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts) };
    this.#parts = [];
    this.#bytes = 0;
    this.#excerpt = '';
    return line;
  }
}

/** Writes one value a line, in the order of the calls. */
export interface JsonLineWriter {
  /** Resolves once the stream takes more: whoever awaits it keeps pace with the reader. Rejects when it is closed. */
  write(value: unknown): Promise<void>;
}

export function jsonLineWriter(output: Writable): JsonLineWriter {
  let drained: Promise<void> | undefined;

  return {
    write(value) {
      if (output.destroyed || output.writableEnded) return Promise.reject(new Error('The stream is closed.'));
      if (output.write(`${JSON.stringify(value)}\n`)) return Promise.resolve();
      drained ??= untilDrained(output).finally(() => {
        drained = undefined;
      });
      return drained;
    },
  };
}

function untilDrained(output: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => () => {
      output.off('drain', onDrain);
      output.off('close', onClose);
      act();
    };
    const onDrain = settle(resolve);
    const onClose = settle(() => reject(new Error('The stream closed before it took all that was written.')));
    output.on('drain', onDrain);
    output.on('close', onClose);
  });
}
