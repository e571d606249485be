import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompanionError } from '../../../../scripts/domain/base/errors.ts';
import { parseArguments } from '../../../../scripts/faces/cli/input/arguments.ts';
import { BACKGROUND, type Grammar, type Rest } from '../../../../scripts/faces/cli/input/grammar.ts';

const options: Grammar['options'] = {
  background: BACKGROUND,
  write: { takes: 'nothing' },
  model: { takes: 'value', short: 'm' },
  resume: { takes: 'reference' },
};

function parse(rest: Rest, ...args: string[]) {
  const { options: found, inOnePiece: _, ...others } = parseArguments({ verb: 'task', options, rest }, args);
  return { ...others, options: Object.fromEntries(found) };
}

function refusal(rest: Rest, ...args: string[]): string {
  try {
    parse(rest, ...args);
  } catch (error) {
    assert.ok(error instanceof CompanionError && error.code === 'usage', String(error));
    return `${error.message} ${error.hint}`;
  }
  throw new assert.AssertionError({ message: `${args.join(' ')} was not refused` });
}

const none = { words: [], prose: undefined, command: undefined, options: {} };

const odd = `don't  touch "this" \\ or $(that)\n\n  and \`those\`, --write or -- not; 'it''s'\t`;

test('words of a prompt are joined by single spaces', () => {
  assert.deepEqual(parse('prose', '--write', 'fix', 'the', 'test'), {
    ...{ ...none, prose: 'fix the test' },
    options: { write: true },
  });
});

test('a prompt in one argument arrives byte for byte', () => {
  assert.equal(parse('prose', odd).prose, odd);
  assert.equal(parse('prose', '--write', odd).prose, odd);
  assert.equal(parse('prose', '  indented\n').prose, '  indented\n');
});

test('all arguments in one: options first, then the prompt byte for byte', () => {
  assert.deepEqual(parse('prose', `--write  --model spark ${odd}`), {
    ...{ ...none, prose: odd },
    options: { write: true, model: 'spark' },
  });
  assert.equal(parse('prose', `--write --   --model is a flag`).prose, '  --model is a flag');
  assert.deepEqual(parse('prose', '--model "a model"  fix it').options, { model: 'a model' });
  assert.deepEqual(parse('prose', "--model='a model' fix it").options, { model: 'a model' });
});

test('what looks like an option in a prompt of one argument is prose, and so is an option that is none of ours', () => {
  assert.equal(parse('prose', 'explain --write').prose, 'explain --write');
  assert.equal(parse('prose', '--model', 'x', 'explain --write please').prose, 'explain --write please');
  assert.equal(parse('prose', 'explain this', '--frob').prose, 'explain this --frob');
  assert.equal(parse('prose', 'explain', '--', '--write').prose, 'explain -- --write');
});

test('options may follow a prompt, quoted or not', () => {
  for (const prompt of [['fix the bug'], ['fix', 'the', 'bug']])
    assert.deepEqual(parse('prose', ...prompt, '--write', '-m', 'spark'), {
      ...{ ...none, prose: 'fix the bug' },
      options: { write: true, model: 'spark' },
    });
  assert.deepEqual(parse('prose', 'hello', '--json').options, { json: true });
  assert.deepEqual(parse('prose', 'hello', '-b').options, { background: true });
});

test('an option of ours between the words of a prompt is refused with both readings', () => {
  assert.match(
    refusal('prose', '--write', 'explain', '--model', 'x', 'please'),
    /"--model" may be an option of task or of the text\. Nothing was started\. codex-companion task --write --model x -- explain please {3}or {3}codex-companion task --write -- explain --model x please$/,
  );
  assert.match(refusal('prose', 'fix it', '--write', '--frob'), /"--write" may be an option/);
  assert.match(refusal('prose', 'fix', '--write', '--', 'it'), /"--write" may be an option/);
});

test('other programs’ names of an option are understood, and left to a command that has them, too', () => {
  for (const name of ['-b', '--bg', '-d'])
    assert.deepEqual(parse('command', name, 'head', '-d', '-b').command, ['head', '-d', '-b'], name);
});

test('after -- nothing is an option', () => {
  assert.equal(parse('prose', '--', '--write', 'a  b').prose, '--write a  b');
  assert.deepEqual(parse('command', '--background', '--', 'echo', '--background', '--', '').command, [
    ...['echo', '--background', '--', ''],
  ]);
  assert.deepEqual(parse('words', 'a', '--', '--b').words, ['a', '--b']);
});

test('a prompt may begin with a dash that begins no option', () => {
  assert.equal(parse('prose', '- one\n- two').prose, '- one\n- two');
  assert.equal(parse('prose', '-5', 'degrees').prose, '-5 degrees');
  assert.equal(parse('prose', '"--write" is what?').prose, '"--write" is what?');
});

test('--resume takes a job or a thread, and leaves prose to the prompt', () => {
  const thread = '0199a3b2-1111-7222-8333-abcdefabcdef';
  assert.deepEqual(parse('prose', '--resume', 'task-mi9x4k2c-8f3k', 'go on'), {
    ...{ ...none, prose: 'go on' },
    options: { resume: 'task-mi9x4k2c-8f3k' },
  });
  assert.deepEqual(parse('prose', '--resume', thread).options, { resume: thread });
  assert.deepEqual(parse('prose', `--resume ${thread} go on`).options, { resume: thread });
  assert.deepEqual(parse('prose', '--resume', 'task-based', 'work').options, { resume: true });
  assert.equal(parse('prose', '--resume task-based work').prose, 'task-based work');
  assert.deepEqual(parse('prose', '--resume=task-mi9', 'x').options, { resume: 'task-mi9' });
});

test('nothing in the one argument is no argument', () => {
  for (const empty of ['', ' ', '\n', ' \t ']) assert.deepEqual(parse('words', empty), none);
  assert.deepEqual(parse('words', '  run-mi9  ').words, ['run-mi9']);
});

test('options and words may stand in any order', () => {
  assert.deepEqual(parse('words', 'a', '--write', 'b', '-m', 'x'), {
    ...{ ...none, words: ['a', 'b'] },
    options: { write: true, model: 'x' },
  });
  assert.deepEqual(parse('words', 'a --write=false  b --model=x'), {
    ...{ ...none, words: ['a', 'b'] },
    options: { model: 'x' },
  });
});

test('what is not understood is refused, with the nearest option that there is', () => {
  assert.match(refusal('words', '--wriet'), /no option --wriet\. Did you mean --write\?/);
  assert.match(refusal('prose', '--frob', 'x'), /no option --frob\. .*Put -- before/);
  assert.match(refusal('prose', '--frob and more'), /no option --frob/);
  assert.match(refusal('words', '-x'), /no option -x/);
  assert.match(refusal('words', '--model'), /--model needs a value/);
  assert.match(refusal('words', '--model='), /--model needs a value/);
  assert.match(refusal('words', '--write=perhaps'), /--write takes no value/);
  assert.match(refusal('command', '-- sleep 5'), /codex-companion run --shell 'sleep 5'/);
});

test('our options end at the first word of a command', () => {
  assert.deepEqual(parse('command', '--background', 'npm', 'test', '--watch', '-x').command, [
    ...['npm', 'test', '--watch', '-x'],
  ]);
  assert.deepEqual(parse('command', 'npm', 'test', '--', '--json').command, ['npm', 'test', '--', '--json']);
  for (const word of ['--background', '--json', '-h', '-C', '--model=x'])
    assert.match(refusal('command', 'npm', 'test', word), /may be an option of task or of npm/);
});

test('an option of ours behind the command is refused with both readings', () => {
  assert.match(
    refusal('command', '--write', 'npm', 'test', '--model', 'a b', '-x'),
    /codex-companion task --write --model 'a b' -- npm test -x {3}or {3}codex-companion task --write -- npm test --model 'a b' -x$/,
  );
});
