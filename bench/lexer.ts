import { readBackground } from '../scripts/domain/shell/background.ts';
import type { Figure } from './table.ts';

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

/** Where a text twice as long takes twice the time, the lexer is linear. */
export function lexer(): Figure[] {
  const ratios = PIECES.map((piece) => ({ piece, ratio: timeOf(piece, 2 * SIZE) / timeOf(piece, SIZE) }));
  ratios.sort((one, other) => other.ratio - one.ratio);
  const [worst] = ratios;
  const middle = ratios[ratios.length >> 1];
  const each = timeOf('npm run build && npm test 2>&1 | tee out.log; ', 2);
  return [
    {
      what: 'twice the text',
      figure: `${middle?.ratio.toFixed(2)} × the time`,
      detail: `middle of ${ratios.length} kinds; at most ${worst?.ratio.toFixed(2)} × (${JSON.stringify(worst?.piece)})`,
    },
    {
      what: 'a command of 90 characters',
      figure: `${(each * 1000).toFixed(1)} µs`,
      detail: 'without a & it is not read at all',
    },
  ];
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
