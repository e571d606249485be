import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from '../../../scripts/domain/text/clip.ts';
import { plainLine } from '../../../scripts/domain/text/harmless.ts';
import { shorten } from '../../../scripts/domain/text/shorten.ts';

const CHARACTERS = ['😀', '👩‍👩‍👧', '🇩🇪', '👍🏽', 'é', 'ä', 'x', '日'];

test('wherever a text is cut, no character is cut in two', () => {
  for (const character of CHARACTERS) {
    const text = `ab${character.repeat(20)}`;
    for (let limit = 4; limit < text.length; limit++) {
      const cut = clip(text, limit);
      assert.ok(cut.length <= limit, `${character} at ${limit}`);
      assert.match(cut, new RegExp(`^ab(?:${character})*…$`, 'u'), `${character} at ${limit}`);
    }
  }
});

test('summaries, titles and the lines of notices are cut so', () => {
  for (const cut of [shorten, plainLine, clip])
    for (const limit of [5, 6, 7, 8]) assert.match(cut('ab😀😀😀😀😀', limit), /^ab😀*…$/u);
});
