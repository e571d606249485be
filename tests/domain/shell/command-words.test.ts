import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shellMatter } from '../../../scripts/domain/shell/command-words.ts';
import { typed } from '../../../scripts/domain/shell/quote.ts';

const PROGRAMS = ['npm', 'cd', 'my program', '/opt/my program', 'test', '['];

function textFor(...words: string[]): string | undefined {
  return shellMatter(words, (name) => PROGRAMS.includes(name))?.text;
}

test('a builtin, a word of the grammar, an assignment and a text are for a shell', () => {
  for (const [words, text] of [
    [['cd', 'a dir'], "cd 'a dir'"],
    [['source', '.env'], 'source .env'],
    [['.', './env'], '. ./env'],
    [['export', 'A=b'], 'export A=b'],
    [['time', 'npm', 'test'], 'time npm test'],
    [['FOO=1', 'npm', 'test'], 'FOO=1 npm test'],
    [['FOO=a b', 'BAR=', 'npm', "it's"], "FOO='a b' BAR= npm 'it'\\''s'"],
    [['FOO=1'], 'FOO=1'],
    [['a && b'], 'a && b'],
    [['npm test', 'x y'], "npm test 'x y'"],
    [['a;b'], 'a;b'],
    [['$(which', 'npm)'], "$(which 'npm)'"],
    [['./a.sh --now'], './a.sh --now'],
  ] as const)
    assert.equal(textFor(...words), text);
});

test('a program is none, whatever its name and arguments', () => {
  for (const words of [
    ['npm', 'a && b', '&&', 'FOO=1'],
    ['my program'],
    ['/opt/my program', 'x'],
    ['test', '-f', 'x'],
    ['[', 'a', '=', 'a', ']'],
    ['missing'],
    ['./missing.sh'],
  ])
    assert.equal(textFor(...words), undefined);
});

test('words that are shown can be pasted', () => {
  assert.equal(typed(['a=b', "it's", '', '~', 'x=1', 'ä', '-n']), "'a=b' 'it'\\''s' '' '~' x=1 'ä' -n");
});
