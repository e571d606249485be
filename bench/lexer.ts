import { readBackground } from '../scripts/domain/shell/background.ts';

const SIZE = 4_000;
const ROUNDS = 60;

/** One piece, many times over: what could make a reading look at the same text again and again. */
const PIECES = [
  ...[
    'a & ',
    'a && ',
    '( ',
    '{ ',
    '$( ',
    '"$( ',
    'if ',
    'case x in a) ',
    'f() { ',
    '(( ',
    '[[ ',
    '` ',
    'a[',
    'x=( ',
  ],
  ...[
    '# &\n',
    '<<E &\n',
    'a <<E &\n$x\nE\n',
    "'&' ",
    '"&" ',
    '\\&',
    '{ a & } | ',
    '{fd}>&1 ',
    'disown; ',
    'setsid -f ',
  ],
];

/** Where a text twice as long takes twice the time, the lexer is linear: prints the ratio for each kind of text. */
export function benchLexer(): void {
  const ratios = PIECES.map((piece) => ({ piece, ratio: timeOf(piece, 2 * SIZE) / timeOf(piece, SIZE) }));
  ratios.sort((one, other) => other.ratio - one.ratio);
  const [worst] = ratios;
  const middle = ratios[ratios.length >> 1];
  console.log(
    `lexer, twice the text: ×${middle?.ratio.toFixed(2)} the time (middle of ${ratios.length} kinds), ` +
      `at most ×${worst?.ratio.toFixed(2)} (${JSON.stringify(worst?.piece)})`,
  );
  const each = timeOf('npm run build && npm test 2>&1 | tee out.log; ', 2);
  console.log(
    `lexer, a command of 90 characters: ${(each * 1000).toFixed(1)} µs; without a & it is not read at all`,
  );
}

/** In ms, the least of several: what else runs on the machine can only add. */
function timeOf(piece: string, times: number): number {
  const text = `a & ${piece.repeat(times)}`;
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    readBackground(text);
    least = Math.min(least, performance.now() - started);
  }
  return least;
}
