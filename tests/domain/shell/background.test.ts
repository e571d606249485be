import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readBackground } from '../../../scripts/domain/shell/background.ts';
import { outline } from '../../../scripts/domain/shell/lexer.ts';
import { long } from '../../support/long.ts';
import { bashPrints, bashSays, hasOracle } from '../../support/shell/bash-oracle.ts';
import {
  corpus,
  mutations,
  notStarting,
  randomTexts,
  starting,
  tokenSoups,
} from '../../support/shell/corpus.ts';

const withBash = { skip: hasOracle ? false : 'no bash with --pretty-print on this machine' };

test('each row of the documented table is as it says', () => {
  const page = readFileSync(new URL('../../../docs/shell-background.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| (`+)(.+?) ?\1 \| (yes|no|unsure) \| (\d?)([^|]*)\|$/gm)].map(
    ([, , text = '', starts, way, rest = '']) => ({ text: text.replaceAll('\\|', '|'), starts, way, rest }),
  );
  assert.ok(rows.length > 60, `${rows.length} rows`);
  for (const { text, starts, way, rest } of rows) {
    const reading = readBackground(text);
    assert.equal(reading.starts, starts, text);
    if (reading.starts !== 'yes') continue;
    const { promotion } = reading;
    assert.equal(promotion.text.includes('ccj_part') ? '2' : '1', way, text);
    assert.equal(promotion.foreground, rest.startsWith(', foreground') || /curl|let/.test(text), text);
    const becomes = /^: `(.*)`/.exec(rest)?.[1];
    if (becomes !== undefined) assert.equal(promotion.text.trim(), becomes);
  }
});

test('what a writer of the corpus knows of his commands is what is read', () => {
  assert.deepEqual(
    starting.filter((text) => readBackground(text).starts === 'no'),
    [],
  );
  assert.deepEqual(
    notStarting.filter((text) => readBackground(text).starts === 'yes'),
    [],
  );
});

test('bash agrees on two thousand commands', withBash, (t) => {
  const counts = compare(corpus(long ? 12_000 : 2_000));
  t.diagnostic(counts.told);
  assert.ok(counts.valid >= 2_000, `${counts.valid} commands`);
  assert.ok(counts.notUnderstood < counts.valid / 50, counts.told);
});

test('bash agrees on what chance makes of commands', withBash, (t) => {
  const texts = long
    ? [...mutations(4_000, 11), ...tokenSoups(4_000, 12), ...randomTexts(1_000, 13)]
    : [...mutations(60, 1), ...tokenSoups(30, 2)];
  t.diagnostic(compare(texts).told);
});

test('bash agrees on the scripts of this machine, and on their functions', withBash, (t) => {
  const scripts = installedScripts().map((file) => readFileSync(file, 'utf8'));
  const bodies = scripts.flatMap((text) => text.match(/^[\w-]+ ?\(\).*\n?\{\n[\s\S]*?^\}/gm) ?? []);
  const texts = [...new Set([...scripts, ...bodies])].filter((text) => text.includes('&'));
  t.diagnostic(compare(long ? texts : texts.slice(0, 150)).told);
});

test('no text makes it throw', () => {
  for (const seed of [1, 2, 3])
    for (const text of [...mutations(3_000, seed), ...tokenSoups(3_000, seed), ...randomTexts(1_000, seed)]) {
      assert.match(readBackground(text).starts, text.includes('&') ? /yes|no|unsure/ : /^no$/, text);
    }
});

const DEEP = 100_000;
const NESTS = [
  '(',
  '{ ',
  '$(',
  '"$(',
  '${x:-',
  '((',
  '$((',
  '`',
  'if ',
  'case x in a) ',
  'f() { ',
  'a[',
  '[[ ',
  '<(',
];

test('nor does one that is nested a hundred thousand deep, or long', () => {
  const closed: [string, string][] = [
    ['(', ')'],
    ['{ ', ';}'],
    ['$(', ')'],
    ['"$(', ')"'],
    ['${x:-', '}'],
  ];
  const texts = [
    ...NESTS.map((opener) => `& ${opener.repeat(DEEP)}`),
    ...closed.map(([opener, closer]) => `${opener.repeat(DEEP)}a &${closer.repeat(DEEP)}`),
    ...[
      'a & ',
      '# &\n',
      '<<E &\n',
      "'&' ",
      '"&" ',
      '\\&',
      'disown;',
      'setsid -f ',
      '{fd}>&1 ',
      ') ',
      '\n',
      ';',
    ].map((piece) => `x & ${piece.repeat(DEEP)}`),
    `x & #${' &'.repeat(1_000_000)}`,
  ];
  for (const text of texts) assert.ok(['yes', 'no', 'unsure'].includes(readBackground(text).starts));
});

interface Counts {
  valid: number;
  /** unsure because the lexer could not read it */
  notUnderstood: number;
  told: string;
}

/** Holds every answer, and the place of every operator, against bash; and has bash read what became of the texts. */
function compare(texts: string[]): Counts {
  const verdicts = bashSays(texts);
  const tally = { yes: 0, no: 0, unsure: 0 };
  let notUnderstood = 0;
  const promoted: Promoted[] = [];
  for (const [index, text] of texts.entries()) {
    const verdict = verdicts[index] ?? 'invalid';
    if (verdict === 'invalid') continue;
    const reading = readBackground(text);
    tally[reading.starts]++;
    const { doubt, ampersands } = outline(text);
    if (doubt !== undefined) notUnderstood++;
    else
      assert.deepEqual(
        ampersands.map(({ at }) => at),
        verdict,
        text,
      );
    if (reading.starts === 'no') assert.deepEqual(verdict, [], text);
    if (reading.starts === 'yes') {
      assert.notDeepEqual(verdict, [], text);
      promoted.push({ text, job: reading.promotion.text, at: verdict[0] ?? 0 });
    }
  }
  assertMeansTheSame(promoted);
  const valid = tally.yes + tally.no + tally.unsure;
  const told = `${valid} texts that bash takes: ${tally.yes} yes, ${tally.no} no, ${tally.unsure} unsure (${notUnderstood} not understood); 0 wrong, 0 missed`;
  return { valid, notUnderstood, told };
}

interface Promoted {
  text: string;
  job: string;
  /** of its first `&` */
  at: number;
}

/** bash takes what became of each text; and one whose only `&` was taken away reads as it would with a `;`. */
function assertMeansTheSame(promoted: Promoted[]): void {
  const jobs = bashPrints(promoted.map(({ job }) => job));
  const expected = bashPrints(promoted.map(({ text, at }) => `${text.slice(0, at)} ; ${text.slice(at + 1)}`));
  for (const [index, { text, job, at }] of promoted.entries()) {
    assert.notEqual(jobs[index], undefined, `bash does not take what became of ${text}`);
    const isMore = job.includes('ccj_part') || /^\s*disown\b/.test(text.slice(at + 1));
    if (!isMore) assert.equal(jobs[index], expected[index], text);
  }
}

function installedScripts(): string[] {
  return ['/usr/share', '/usr/lib', '/usr/bin', '/usr/sbin', '/etc', '/var/lib/dpkg/info', '/opt']
    .flatMap((directory) => filesBelow(directory, 4))
    .filter((file) => /\.(?:sh|bash|postinst|prerm)$|\/(?:completions|init\.d)\/|^\/usr\/s?bin\//.test(file))
    .filter((file) => /^#! ?\/(?:usr\/)?bin\/(?:env )?(?:ba|da)?sh\b|^#|^\w+\(\)/.test(headOf(file)))
    .filter((file) => !readFileSync(file).includes(0));
}

function filesBelow(directory: string, depth: number): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
      const file = join(directory, entry.name);
      if (entry.isDirectory()) return depth === 0 ? [] : filesBelow(file, depth - 1);
      return entry.isFile() ? [file] : [];
    });
  } catch {
    return []; // not on this machine, or not for us
  }
}

function headOf(file: string): string {
  try {
    return statSync(file).size > 200_000 ? '' : readFileSync(file, 'latin1').slice(0, 200);
  } catch {
    return ''; // not for us
  }
}
