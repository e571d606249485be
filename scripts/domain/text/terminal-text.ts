/**
 * A command's output as somebody reads it: what a terminal would show in the end, line by line. Colours, titles and
 * links are gone; a progress bar that redraws itself is its last state; overstrikes are the character that stays. Nothing
 * turns the direction of what follows, or hides in it. (Joiners stay: emoji and scripts are made with them.)
 * Linear in its input, and nothing in it makes it throw.
 */

/** Marks of direction, spaces and joiners without width, and tags. */
const HIDDEN = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/u;
/** C0 but tab and line feed, DEL, and C1; and what is hidden. */
const CONTROL = new RegExp(`[\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f]|${HIDDEN.source}`, 'u');
/** A line that redraws itself is kept up to this column; a terminal would have wrapped long before. */
const MAX_COLUMNS = 8_192;
/** A jump to the right leaves at most this much room, so that a few bytes cannot become a page. */
const MAX_GAP = 64;
/** Nothing that a terminal understands is longer. */
const MAX_PARAMETERS = 64;

/** All of a text at once. Lines that were only redrawn, and are empty in the end, are left out. */
export function readable(text: string): string {
  if (!CONTROL.test(text)) return text;
  const reader = new ReadableText();
  return reader.write(text) + reader.end();
}

/** The same for something that has to stay on one line. */
export function readableLine(text: string): string {
  return CONTROL.test(text) ? readable(text).replace(/\n+/g, ' ').trimEnd() : text;
}

/** What an escape sequence that has begun is waiting for. */
type State = 'text' | 'escape' | 'charset' | 'csi' | 'string' | 'string-escape';

/** Takes text as it comes, cut anywhere, and gives back readable lines. */
export class ReadableText {
  readonly #line = new Line();
  #state: State = 'text';
  #parameters = '';
  #out = '';

  /** Returns the lines that are finished now. */
  write(text: string): string {
    const plainUntil = this.#state === 'text' && this.#line.isPlain ? lastPlainLineEnd(text) : 0;
    if (plainUntil > 0) {
      this.#out += this.#line.finish() + text.slice(0, plainUntil);
      // The first of these lines ends the one that was begun: `finish` adds no line feed.
    }
    for (const character of plainUntil > 0 ? text.slice(plainUntil) : text) this.#take(character);
    return this.#give();
  }

  /** What the unfinished line shows so far, if it has not begun to redraw itself; for who follows a growing text. */
  unfinished(): string {
    return this.#line.showBegun();
  }

  /** The rest; the text is over. */
  end(): string {
    this.#out += this.#line.finish();
    return this.#give();
  }

  #give(): string {
    const out = this.#out;
    this.#out = '';
    return out + this.#line.showOverlong();
  }

  #take(character: string): void {
    if (character === '\n') {
      // Whatever sequence was begun: it must not swallow the next line.
      this.#state = 'text';
      this.#out += this.#line.finish(true);
      return;
    }
    this.#state = this.#next[this.#state](character);
  }

  readonly #next: Record<State, (character: string) => State> = {
    text: (character) => this.#text(character),
    escape: (character) => {
      if (character === '[') return this.#begin('csi');
      if (']PX^_'.includes(character)) return 'string';
      if (character >= ' ' && character <= '/') return 'charset';
      if (character < ' ' || character > '~') return this.#text(character);
      if ('DEM'.includes(character)) this.#break();
      return 'text';
    },
    charset: (character) => (character >= ' ' && character <= '/' ? 'charset' : 'text'),
    csi: (character) => {
      if (character === '\x1b') return 'escape';
      if (character >= '@' && character <= '~') {
        this.#control(character);
        return 'text';
      }
      // A control character or a letter of another script within a sequence: it was none.
      if (character < ' ' || character > '~') return this.#text(character);
      this.#parameters += character;
      return this.#parameters.length > MAX_PARAMETERS ? 'text' : 'csi';
    },
    string: (character) => {
      if (character === '\x1b') return 'string-escape';
      return '\x07\x18\x1a\x9c'.includes(character) ? 'text' : 'string';
    },
    'string-escape': (character) => (character === '\\' ? 'text' : this.#next.escape(character)),
  };

  #text(character: string): State {
    if (character >= ' ' && (character < '\x7f' || character > '\x9f')) {
      if (character <= '\x9f' || !HIDDEN.test(character)) this.#line.put(character);
      return 'text';
    }
    switch (character) {
      case '\t':
        this.#line.put(character);
        return 'text';
      case '\r':
        this.#line.moveTo(0);
        return 'text';
      case '\b':
        this.#line.moveBy(-1);
        return 'text';
      case '\x1b':
        return 'escape';
      case '\x9b':
        return this.#begin('csi');
      case '\x90':
      case '\x98':
      case '\x9d':
      case '\x9e':
      case '\x9f':
        return 'string';
      case '\v':
      case '\f':
      case '\x84':
      case '\x85':
        this.#break();
        return 'text';
      default:
        return 'text';
    }
  }

  #begin(state: State): State {
    this.#parameters = '';
    return state;
  }

  /** The cursor goes to another line: what was on this one is a line of its own. */
  #break(): void {
    this.#out += this.#line.finish(!this.#line.isEmpty);
  }

  #control(final: string): void {
    const numbers = this.#parameters.split(';').map((part) => Math.min(Number(part) || 0, MAX_COLUMNS));
    const [first = 0, second = 0] = numbers;
    const count = Math.max(1, first);
    switch (final) {
      case 'K':
        this.#line.erase(first);
        break;
      case 'C':
        this.#line.moveBy(count);
        break;
      case 'D':
        this.#line.moveBy(-count);
        break;
      case 'G':
      case '`':
        this.#line.moveTo(count - 1);
        break;
      case 'J':
        if (first === 2 || first === 3) this.#break();
        else this.#line.erase(first);
        break;
      case 'H':
      case 'f':
        this.#break();
        this.#line.moveTo(Math.max(1, second) - 1);
        break;
      case 'A':
      case 'B':
      case 'E':
      case 'F':
      case 'd':
        this.#break();
        break;
    }
  }
}

/** Where the last line of the beginning that holds no control character ends; 0 where there is none such. */
function lastPlainLineEnd(text: string): number {
  const control = text.search(CONTROL);
  return text.lastIndexOf('\n', control < 0 ? text.length : control) + 1;
}

/** The line that is being written. */
class Line {
  #cells: string[] = [];
  #column = 0;
  /** how many of the cells somebody has been shown already */
  #shown = 0;
  /** something that had been shown, or stood there, was changed */
  #redrawn = false;

  get isEmpty(): boolean {
    return this.#cells.length === 0 && this.#shown === 0;
  }

  /** Nothing but text that grew at its end. */
  get isPlain(): boolean {
    return !this.#redrawn && this.#column === this.#cells.length;
  }

  put(character: string): void {
    const at = this.#column++;
    if (at >= MAX_COLUMNS && (this.#redrawn || at > this.#cells.length)) return;
    while (this.#cells.length < at) this.#cells.push(' ');
    if (this.#cells[at] === character) return;
    if (at < this.#cells.length) this.#redrawn = true;
    this.#cells[at] = character;
  }

  moveTo(column: number): void {
    this.#column = Math.max(0, Math.min(column, this.#cells.length + MAX_GAP, MAX_COLUMNS));
  }

  moveBy(columns: number): void {
    this.moveTo(this.#column + columns);
  }

  /** `CSI K`: 0 to the end, 2 all of it; what asks for the beginning alone (1) writes over it next. */
  erase(what: number): void {
    const from = what === 2 ? 0 : this.#column;
    if (what === 1 || from >= this.#cells.length) return;
    this.#cells.length = from;
    this.#redrawn = true;
  }

  /** What has not been shown of it yet, as the line ends; `feed` says that a line feed ends it. */
  finish(feed = false): string {
    const end = feed ? '\n' : '';
    let out: string;
    if (!this.#redrawn) out = this.#cells.slice(this.#shown).join('') + end;
    else {
      const whole = this.#cells.join('').trimEnd();
      // A bar that erased itself leaves nothing; what was shown of it before stays on a line of its own.
      out = whole === '' ? (this.#shown > 0 ? end : '') : `${this.#shown > 0 ? '\n' : ''}${whole}${end}`;
    }
    this.#cells = [];
    this.#column = 0;
    this.#shown = 0;
    this.#redrawn = false;
    return out;
  }

  /** More of it, while it only grows. */
  showBegun(): string {
    if (!this.isPlain) return '';
    const text = this.#cells.slice(this.#shown).join('');
    this.#shown = this.#cells.length;
    return text;
  }

  /** A line of any length in flat memory: what is beyond a terminal's reach cannot be redrawn any more. */
  showOverlong(): string {
    if (this.#cells.length <= MAX_COLUMNS || !this.isPlain) return '';
    const text = this.showBegun();
    this.#cells = [];
    this.#column = 0;
    this.#shown = 0;
    return text;
  }
}
