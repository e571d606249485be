/** Whole numbers from 0 to below the given one, the same ones for the same seed. */
export function numbers(seed: number): (below: number) => number {
  let state = (seed + 1) * 0x9e3779b1;
  return (below) => {
    state = Math.imul(state ^ (state >>> 15), 0x85ebca6b) >>> 0;
    state = (state ^ (state >>> 13)) + 0x6d2b79f5;
    return (state >>> 0) % below;
  };
}

const PARTS = [
  ...[
    '\n',
    '\r',
    '\b',
    '\t',
    '\x1b',
    '\x1b[',
    '\x1b[2K',
    '\x1b[1A',
    '\x1b[99999C',
    '\x1b]0;',
    '\x07',
    '\x1b\\',
    ';',
    '31m',
  ],
  ...[
    'error: ',
    'FAILED ',
    'Traceback (most recent call last):\n',
    '  File "x"\n',
    'at x (y:1:2)',
    ' 0 errors',
    'a.c:1:2: ',
  ],
  ...['a', 'word ', 'ä', '€', '😀', '\u0301', '\u009b', '\u0085', '\0', '\u2028'],
].map((text) => Buffer.from(text));

/** Text, escape sequences, halves of both, and bytes that are nothing. */
export function strangeBytes(random: (below: number) => number, pieces: number): Buffer {
  const made = Array.from({ length: pieces }, () => {
    const part = PARTS[random(PARTS.length)] ?? Buffer.alloc(0);
    switch (random(6)) {
      case 0:
        return Buffer.from([random(256), random(256)]);
      case 1:
        return part.subarray(0, 1 + random(part.length));
      case 2:
        return part.subarray(random(part.length));
      default:
        return part;
    }
  });
  return Buffer.concat(made);
}
