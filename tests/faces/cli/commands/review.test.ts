import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { aWorkspace } from '../../../support/world.ts';

test('a review has the keys of 1.0.5 and looks at the working tree where it has changes', async () => {
  await using world = await aWorkspace({ codex: { review: '[[say:All is well.]]' } });
  world.write('new.txt', 'new\n');
  const { code, json } = await world.cli('review', '--json');
  assert.equal(code, 0);
  assert.deepEqual(json.target, { mode: 'working-tree', label: 'working tree diff', explicit: false });
  assert.deepEqual([json.review, json.codex.status, json.codex.stdout], ['Review', 0, 'All is well.']);
  for (const key of ['threadId', 'sourceThreadId']) assert.equal(typeof json[key], 'string');
});

test('--background is honoured, and the result is collected later', async () => {
  await using world = await aWorkspace({ codex: { review: '[[say:All is well.]]' } });
  world.write('new.txt', 'new\n');
  const { json } = await world.cli('review', '--background', '--json', '--scope', 'working-tree');
  const { jobId, logFile: _, ...rest } = json;
  assert.deepEqual(rest, {
    number: 1,
    status: 'queued',
    title: 'Codex Review',
    summary: 'Review working tree diff',
  });
  assert.equal((await world.cli('wait', jobId)).code, 0);
  assert.match((await world.cli('result', jobId)).stdout, /All is well\./);
});

test('an adversarial review takes focus text, byte for byte', async () => {
  await using world = await aWorkspace({ codex: {} });
  world.write('new.txt', 'new\n');
  const focus = `look for "races"  in\nthe $(queue) --scope branch`;
  const { json } = await world.cli('adversarial-review', '--json', '--background', focus);
  await world.cli('wait', json.jobId);
  const { request } = world.reading(json.jobId).facts;
  assert.deepEqual(
    [request.kind, request.spec],
    [
      'adversarial-review',
      { target: { mode: 'working-tree', label: 'working tree diff', explicit: false }, model: null, focus },
    ],
  );
});

test('an answer that is no review in form is shown as it is, and said to have no verdict', async () => {
  await using world = await aWorkspace({ codex: {} });
  world.write('new.txt', 'new\n');
  for (const said of [
    'All is well.',
    '{"verdict":"approve","summary":"Fine.","findings":[null],"next_steps":[] }',
  ]) {
    const { code, stdout } = await world.cli('adversarial-review', `[[say:${said}]]`);
    assert.equal(code, 0);
    assert.ok(stdout.startsWith(`${said}\n\nNo verdict: `), stdout);
  }
  const finding = { severity: 'low', title: 'T', body: 'B', file: 'a.ts' };
  const terse = { verdict: 'approve', summary: 'Fine.', findings: [finding], next_steps: [] };
  const { stdout } = await world.cli('adversarial-review', `[[say:${JSON.stringify(terse)} ]]`);
  assert.match(stdout, /^Verdict: approve\nFine\.\n\n\[low\] T\na\.ts\nB\n/);
});

test('a clean tree is nothing to review, before anything is started', async () => {
  await using world = await aWorkspace({ codex: {} });
  for (const verb of ['review', 'adversarial-review']) {
    const { code, stderr } = await world.cli(verb, '--background');
    assert.equal(code, 3);
    assert.match(
      stderr,
      /There is nothing to review: the working tree is clean, and HEAD has nothing that main/,
    );
  }
  assert.deepEqual([existsSync(world.stateRoot), world.codex.appServers()], [false, []]);
});

test('before the first commit both reviews look at what is staged', async () => {
  await using world = await aWorkspace({ codex: { review: '[[say:All is well.]]' } });
  world.git('checkout', '--quiet', '--orphan', 'unborn');
  const { json } = await world.cli('review', '--json');
  assert.deepEqual([json.target.mode, json.codex.stdout], ['working-tree', 'All is well.']);
  const adversarial = await world.cli('adversarial-review', '--json', '[[say:fine]]');
  assert.match(adversarial.json.context.summary, /^ ?README\.md \| 1 \+$/m);
  assert.equal(adversarial.json.context.branch, 'unborn');
});

test('what cannot be reviewed is refused', async () => {
  await using world = await aWorkspace({ codex: {} });
  for (const args of [
    ['look here'],
    ['look', 'here'],
    ['--scope', 'moon'],
    ['--base', 'no-such-branch'],
    ['--wait', '--background'],
  ]) {
    const { code, json } = await world.cli('review', '--json', ...args);
    assert.deepEqual([code, json.error?.code], [2, 'usage'], args.join(' '));
  }
  const { json } = await world.cli('review', '--json', 'look', 'here');
  assert.equal(json.error.hint, 'codex-companion adversarial-review look here');
  await using plain = await aWorkspace({ codex: {}, git: false });
  assert.equal((await plain.cli('review')).code, 2);
});
