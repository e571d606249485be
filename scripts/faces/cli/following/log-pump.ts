import { systemCode } from '../../../domain/base/errors.ts';
import { isShorter, readBytes } from '../../../state/log/log.ts';
import { noteShown, OutputClosed } from '../output.ts';
import { AS_IT_IS, type LogView } from './log-view.ts';

const CHUNK_BYTES = 1 << 18;

export interface PumpOptions {
  /** bytes of the log */
  from?: number;
  limit?: number;
  view?: LogView;
  /** called when the log has shrunk, and is copied from its start again */
  onShrunk?: () => void;
}

/**
 * Copies a growing log to stdout, one chunk at a time, each when the one before has been taken: a log of any size in
 * constant memory, and a reader that stops reading does not keep signals from being heard.
 */
export class LogPump {
  readonly #file: string;
  readonly #view: LogView;
  readonly #onShrunk: () => void;
  #until: number;
  #offset: number;
  #running: Promise<void> | undefined;
  #again = false;
  #failure: unknown;

  constructor(
    file: string,
    { from = 0, limit = Number.MAX_SAFE_INTEGER, view = AS_IT_IS, onShrunk = () => {} }: PumpOptions = {},
  ) {
    this.#file = file;
    this.#offset = from;
    this.#until = from + limit;
    this.#view = view;
    this.#onShrunk = onShrunk;
  }

  /** The byte to go on from. */
  get cursor(): number {
    return this.#offset - this.#view.held;
  }

  /** From now on up to that byte, and no further. */
  goUpTo(offset: number): void {
    this.#until = offset;
  }

  /** There may be more. Throws what a write in the background failed with. */
  wake(): void {
    if (this.#failure) throw this.#failure;
    this.#again = true;
    this.#running ??= this.#copy().finally(() => {
      this.#running = undefined;
    });
  }

  /** Returns when all that is in the log now has been taken. */
  async drain(): Promise<void> {
    this.wake();
    await this.#running;
    if (this.#again) return this.drain();
    if (this.#failure) throw this.#failure;
  }

  /** Shows the rest; `complete`: the log will not grow any more. */
  async finish(complete: boolean): Promise<void> {
    await this.drain();
    await writeChunk(this.#view.end(complete));
  }

  async #copy(): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false;
        if (isShorter(this.#file, this.#offset)) await this.#restart();
        for (let chunk = this.#read(); chunk.length > 0; chunk = this.#read()) {
          await writeChunk(this.#view.take(chunk));
          this.#offset += chunk.length;
        }
        await writeChunk(this.#view.pause());
      }
    } catch (error) {
      this.#failure = error;
    }
  }

  async #restart(): Promise<void> {
    this.#offset = 0;
    await writeChunk(this.#view.restart());
    this.#onShrunk();
  }

  #read(): Buffer {
    return readBytes(this.#file, this.#offset, Math.min(CHUNK_BYTES, this.#until - this.#offset));
  }
}

/** Through the stream, which waits for a slow reader without blocking; a blocking write would hold up signals. */
export function writeChunk(chunk: Uint8Array | string): Promise<void> {
  if (chunk.length === 0) return Promise.resolve();
  noteShown(chunk);
  const { stdout } = process;
  // The callback tells of the error; the event comes besides, and later.
  if (stdout.listenerCount('error') === 0) stdout.on('error', () => {});
  return new Promise((resolve, reject) => {
    stdout.write(chunk, (error) => {
      if (!error) resolve();
      else reject(systemCode(error) === 'EPIPE' ? new OutputClosed('EPIPE') : error);
    });
  });
}
