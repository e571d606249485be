import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readText } from '../../../../scripts/faces/cli/following/log-text.ts';
import { ReadableView } from '../../../../scripts/faces/cli/following/log-view.ts';
import { long } from '../../../support/long.ts';
import { numbers, strangeBytes } from '../../../support/random.ts';
import { scratch } from '../../../support/scratch.ts';

const ROUNDS = long ? 5_000 : 30;

test('the pieces of a growing log, cut anywhere, make the text of the whole log', () => {
  using place = scratch('pieces');
  const file = join(place.path, 'log');
  for (let seed = 0; seed < ROUNDS; seed++) {
    const random = numbers(seed);
    const bytes = strangeBytes(random, 80);
    let [read, cursor, length] = ['', 0, 0];
    while (length < bytes.length) {
      length = Math.min(bytes.length, length + random(40));
      writeFileSync(file, bytes.subarray(0, length));
      const piece = readText(file, cursor, false, 1 + random(30));
      read += piece.text;
      cursor = piece.cursor;
    }
    for (let before = -1; cursor > before; ) {
      before = cursor;
      const piece = readText(file, cursor, true, 1 + random(9));
      read += piece.text;
      cursor = piece.cursor;
    }
    assert.deepEqual([read, cursor], [bytes.toString('utf8'), bytes.length], `seed ${seed}`);
  }
});

test('a readable view is the same however its bytes are cut, and holds back an unfinished character', () => {
  for (let seed = 0; seed < ROUNDS; seed++) {
    const random = numbers(seed);
    const text = Buffer.from('a€\x1b[1mb\x1b[0m 10%\r 20%\n\x1b]0;t\x07😀_\bx\r\n'.repeat(3));
    const view = new ReadableView();
    let out = '';
    for (let at = 0; at < text.length; ) {
      const length = 1 + random(20);
      out += view.take(text.subarray(at, at + length));
      at += length;
    }
    assert.equal(out + view.end(true), ' 20%10%\n😀x\n'.repeat(3), `seed ${seed}`);
  }
  const view = new ReadableView();
  assert.equal(view.take(Buffer.from('a€').subarray(0, 3)) + view.end(false), 'a');
  assert.equal(view.held, 2);
});
