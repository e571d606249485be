import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadableText, readable, readableLine } from '../../../scripts/domain/text/terminal-text.ts';
import { long } from '../../support/long.ts';
import { numbers, strangeBytes } from '../../support/random.ts';

const SHOWN: [what: string, text: string, readable: string][] = [
  ['text stays as it is', 'a\tb  \n\n  c', 'a\tb  \n\n  c'],
  ['colours go', '\x1b[1m\x1b[38;5;9merror[E1]\x1b[0m: x\n', 'error[E1]: x\n'],
  ['CRLF is a line feed', 'a\r\nb\r\n', 'a\nb\n'],
  ['a bar is its last state', '  1%\r 50%\r100%\ndone\n', '100%\ndone\n'],
  ['a shorter text lies over a longer one', 'loading\rdone\n', 'doneing\n'],
  ['what is erased is gone', 'Downloading 100%\rDone\x1b[K\n', 'Done\n'],
  ['a bar that erases itself leaves no line', 'a\n10%\r\x1b[K20%\r\x1b[2K\nb\n', 'a\nb\n'],
  ['a spinner', 'wait |\b/\b-\b.\n', 'wait .\n'],
  ['an overstrike is the character that stays', '_\bB_\bo_\bl_\bd\n', 'Bold\n'],
  [
    'titles and links go, their text stays',
    '\x1b]0;t\x07a \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\n',
    'a link\n',
  ],
  ['a title without an end goes with its line', 'a \x1b]0;title\nb\n', 'a \nb\n'],
  ['moving up is a new line', 'a\nb\x1b[1A\x1b[2Kc\n', 'a\nb\nc\n'],
  ['a screen is its lines', '\x1b[2J\x1b[1;1Ha\x1b[2;1Hb', 'a\nb'],
  ['a jump leaves room, but no page', 'a\x1b[3Cb\x1b[99999Cc\n', `a   b${' '.repeat(64)}c\n`],
  ['bells, NULs and shifts go', '\x07a\0b\x0e\x0fc\x7f\n', 'abc\n'],
  ['C1 codes are sequences, too', 'a\x9b31mb\x9d0;t\x9cc\n', 'abc\n'],
  ['half a sequence at the end goes', 'abc\x1b[3', 'abc'],
];

for (const [what, text, wanted] of SHOWN) test(what, () => assert.equal(readable(text), wanted));

test('on one line, lines become words', () => {
  assert.equal(readableLine('a\x1b[1Ab\r\n'), 'a b');
});

test('who follows sees a line grow, and a redrawn one when it is done', () => {
  const reader = new ReadableText();
  const steps = ['Name? ', 'x\n10%', '\r20%', '\r30%\nend'].map(
    (text) => reader.write(text) + reader.unfinished(),
  );
  assert.deepEqual([...steps, reader.end()], ['Name? ', 'x\n10%', '', '\n30%\nend', '']);
});

test('anything at all becomes harmless text, the same however it is cut', () => {
  for (let seed = 0; seed < (long ? 50_000 : 1_000); seed++) {
    const random = numbers(seed);
    const text = strangeBytes(random, 100).toString('utf8');
    const whole = readable(text);
    assert.doesNotMatch(whole, /[\0-\x08\x0b-\x1f\x7f-\x9f]/, `seed ${seed}`);
    const reader = new ReadableText();
    let out = '';
    for (const characters = [...text]; characters.length > 0; )
      out += reader.write(characters.splice(0, 1 + random(30)).join(''));
    assert.equal(out + reader.end(), whole, `seed ${seed}`);
  }
});

test('a line of any length comes through in pieces', () => {
  const reader = new ReadableText();
  let [length, largest] = [0, 0];
  for (let piece = 0; piece < 200; piece++) {
    const out = reader.write('x'.repeat(10_000));
    length += out.length;
    largest = Math.max(largest, out.length);
  }
  assert.equal(length + reader.end().length, 2_000_000);
  assert.ok(largest < 30_000, `${largest} characters at once`);
});
