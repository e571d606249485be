import { framed } from '../../../domain/text/harmless.ts';
import { type LogView, ReadableView } from './log-view.ts';

/** Characters: of a line without an end so much is shown at a time, as a line. */
const LINE_CHARACTERS = 65_536;

/** The same text for a model, line by line: what of the last one is there is shown at the end. */
export class FramedView implements LogView {
  readonly #readable = new ReadableView();
  #line = '';

  get held(): number {
    return this.#readable.held;
  }

  take(bytes: Buffer): string {
    this.#line += this.#readable.take(bytes);
    const isLong = this.#line.length >= LINE_CHARACTERS;
    return this.#show(isLong ? this.#line.length : this.#line.lastIndexOf('\n') + 1);
  }

  pause(): string {
    this.#line += this.#readable.pause();
    return this.#show(this.#line.lastIndexOf('\n') + 1);
  }

  end(complete: boolean): string {
    this.#line += this.#readable.end(complete);
    return this.#show(this.#line.length);
  }

  restart(): string {
    this.#line += this.#readable.restart();
    return this.#show(this.#line.length);
  }

  #show(characters: number): string {
    const text = this.#line.slice(0, characters);
    this.#line = this.#line.slice(characters);
    return text === '' ? '' : framed(text);
  }
}
