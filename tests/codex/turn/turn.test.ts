/** Turns and reviews that go their ordinary way, on the fake app-server. Hangs: turn-hangs.test.ts. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { MAX_PROMPT_CHARACTERS } from '../../../scripts/codex/turn/start.ts';
import { runTurn } from '../../../scripts/codex/turn/turn.ts';
import { FakeBench, follow } from '../../support/codex/codex-bench.ts';
import { survivors } from '../../support/leaks.ts';
import { until } from '../../support/wait.ts';

test('a task gives its last message, its reasoning, its commands and its usage, and frees its thread', async () => {
  await using bench = new FakeBench();
  const server = await bench.server();
  const prompt = '[[reason:**Thinking**]][[exec:echo out; exit 3]][[exec:true]][[say:All done.\nReally.]]';
  const { result, progress } = await follow(server, bench.task(prompt));
  const { threadId, turnId, rollout, commands, ...rest } = result;
  assert.ok(rollout?.path?.includes(String(threadId)) && rollout.size === 0);
  assert.match(`${threadId} ${turnId}`, /^[0-9a-f-]{36} [0-9a-f-]{36}$/);
  assert.deepEqual(rest, {
    status: 'completed',
    cause: 'completed',
    reason: 'The turn completed.',
    turnOver: true,
    finalMessage: 'All done.\nReally.',
    reviewText: null,
    reasoningSummary: ['**Thinking**'],
    touchedFiles: [],
    sandbox: { mode: 'read-only', by: 'request' },
    acted: true,
    tokenUsage: {
      totalTokens: 330,
      inputTokens: 300,
      cachedInputTokens: 0,
      outputTokens: 30,
      reasoningOutputTokens: 0,
    },
    error: null,
    release: { released: true, stopped: [], left: [], problem: null },
  });
  assert.deepEqual(
    commands.map(({ command, exitCode }) => [command, exitCode]),
    [
      ["/bin/bash -lc 'echo out; exit 3'", 3],
      ["/bin/bash -lc 'true'", 0],
    ],
  );
  assert.deepEqual(
    progress.map(({ phase, message }) => `${phase}: ${message}`),
    [
      `starting: Thread ${threadId} is ready.`,
      'starting: Turn started.',
      "running-command: Running: /bin/bash -lc 'echo out; exit 3'",
      "running-command: Exit 3: /bin/bash -lc 'echo out; exit 3'",
      "running-command: Running: /bin/bash -lc 'true'",
      "running-command: Exit 0: /bin/bash -lc 'true'",
      'thinking: Thinking.',
      'thinking: **Thinking**',
      'finalizing: All done. Really.',
      'finalizing: Turn completed.',
    ],
  );
  assert.deepEqual(new Set(progress.slice(1).map((step) => step.turnId)), new Set([turnId]));
});

test('a prompt arrives as it was given, and the thread gets the caller’s environment', async () => {
  await using bench = new FakeBench();
  const server = await bench.server();
  const prompt = `[[say:ok]] 'a' "b" \\ \`c\` $(d) --write\n\n  two  spaces\t😀 \u2028 end\n`;
  const environment = { PATH: bench.env.PATH ?? '', MY_TOKEN: 'secret' };
  const request = bench.task(prompt, {
    model: 'gpt-x',
    effort: 'high',
    environment,
    sandbox: 'workspace-write',
  });
  await runTurn(server, request);
  const [start] = bench.fake.requests('thread/start');
  const [turn] = bench.fake.requests('turn/start');
  assert.deepEqual(start, {
    cwd: bench.repository,
    approvalPolicy: 'never',
    sandbox: 'read-only',
    model: 'gpt-x',
    config: {
      plugins: {},
      'sandbox_workspace_write.writable_roots': [],
      'sandbox_workspace_write.network_access': false,
      'shell_environment_policy.inherit': 'none',
      allow_login_shell: false,
      'shell_environment_policy.set': { SHLVL: '1', ...environment },
      model_reasoning_effort: 'high',
      review_model: 'gpt-x',
    },
  });
  assert.deepEqual(turn, {
    threadId: turn?.threadId,
    input: [{ type: 'text', text: prompt, text_elements: [] }],
    approvalPolicy: 'never',
    sandboxPolicy: {
      type: 'workspaceWrite',
      writableRoots: [],
      networkAccess: false,
      excludeTmpdirEnvVar: false,
      excludeSlashTmp: false,
    },
    model: 'gpt-x',
    effort: 'high',
  });
});

test('the user’s own settings hold for a delegated thread, in which our own plugin is off', async () => {
  await using bench = new FakeBench({
    config: {
      sandbox_workspace_write: { writable_roots: ['/data'], network_access: true },
      plugins: { 'codex@codex-companion': { enabled: true }, 'codex@fork': {}, 'other@codex': {} },
      shell_environment_policy: { exclude: ['AWS_*'], ignore_default_excludes: false, set: { EDITOR: 'ed' } },
    },
  });
  const server = await bench.server();
  const environment = { AWS_REGION: 'x', GITHUB_TOKEN: 'x', EDITOR: 'vi', LANG: 'C', JOB_KEY: 'ours' };
  const request = bench.task('[[say:ok]]', {
    environment,
    alwaysKept: ['JOB_KEY'],
    sandbox: 'workspace-write',
  });
  await runTurn(server, request);
  const config = bench.fake.requests('thread/start')[0]?.config as Record<string, unknown>;
  assert.deepEqual(config['shell_environment_policy.set'], { SHLVL: '1', LANG: 'C', JOB_KEY: 'ours' });
  assert.deepEqual(config.plugins, {
    'codex@codex-companion': { enabled: false },
    'codex@fork': { enabled: false },
  });
  assert.deepEqual(bench.fake.requests('turn/start')[0]?.sandboxPolicy, {
    type: 'workspaceWrite',
    writableRoots: ['/data'],
    networkAccess: true,
    excludeTmpdirEnvVar: false,
    excludeSlashTmp: false,
  });
});

test('full access in the user’s own configuration holds for turns that may write, and is told; a project cannot grant it', async () => {
  const config = { sandbox_mode: 'danger-full-access' };
  const origins = (type: string) => ({ sandbox_mode: { name: { type } } });
  await using bench = new FakeBench({ config, origins: origins('user') });
  const server = await bench.server();
  const writing = bench.task('[[say:ok]]', { sandbox: 'workspace-write' });
  const { result, progress } = await follow(server, writing);
  assert.deepEqual(result.sandbox, { mode: 'danger-full-access', by: 'user' });
  assert.match(
    progress[0]?.message ?? '',
    /is ready; sandbox: danger-full-access, as sandbox_mode of your own Codex configuration says\.$/,
  );
  await runTurn(server, bench.task('[[say:ok]]'));
  bench.fake.set({ config, origins: origins('project') });
  await runTurn(server, writing);
  const policies = bench.fake.requests('turn/start').map((params) => params.sandboxPolicy);
  const types = policies.map((policy) => (policy as { type: string }).type);
  assert.deepEqual(types, ['dangerFullAccess', 'readOnly', 'workspaceWrite']);
});

test('a project’s configuration opens neither the network nor more directories to a turn', async () => {
  const entries = { writable_roots: ['/'], network_access: true, exclude_slash_tmp: true };
  await using bench = new FakeBench({ config: { sandbox_workspace_write: entries } });
  const server = await bench.server();
  const names = ['writable_roots.0', 'network_access', 'exclude_slash_tmp'];
  for (const type of ['project', 'user']) {
    const origins = names.map((name) => [`sandbox_workspace_write.${name}`, { name: { type } }]);
    const config = { sandbox_workspace_write: entries };
    bench.fake.set({ config, origins: Object.fromEntries(origins) });
    await runTurn(server, bench.task('[[say:ok]]', { sandbox: 'workspace-write' }));
  }
  const narrow = { type: 'workspaceWrite', excludeTmpdirEnvVar: false, excludeSlashTmp: true };
  assert.deepEqual(
    bench.fake.requests('turn/start').map((params) => params.sandboxPolicy),
    [
      { ...narrow, writableRoots: [], networkAccess: false },
      { ...narrow, writableRoots: ['/'], networkAccess: true },
    ],
  );
});

test('files that Codex changes are told, and a finished thread can be resumed, also by another process', async () => {
  await using bench = new FakeBench();
  const patch = "apply_patch <<'PATCH'\n*** Begin Patch\n*** Add File: new.txt\n+hello\n*** End Patch\nPATCH";
  const first = await runTurn(await bench.server(), bench.task(`[[exec:${patch}]][[say:patched]]`));
  assert.deepEqual(first.touchedFiles, [`${bench.repository}/new.txt`]);
  assert.equal(bench.read('new.txt'), 'hello\n');
  const other = await bench.server();
  const again = await runTurn(other, bench.task('[[say:and on]]', { resumeThreadId: first.threadId }));
  assert.deepEqual([again.threadId, again.finalMessage], [first.threadId, 'and on']);
});

test('turns on one connection run side by side', async () => {
  await using bench = new FakeBench();
  const server = await bench.server();
  const marks = Array.from({ length: 8 }, (_, index) => `${bench.folder}/mark-${index}`);
  // Each waits for all others: they could not complete one after the other.
  const prompt = (index: number) => {
    const others = marks.map((mark) => `until [ -e ${mark} ]; do sleep 0.02; done`).join('; ');
    return `[[exec:touch ${marks[index]}; ${others}]][[say:turn ${index}]]`;
  };
  const results = await Promise.all(marks.map((_, index) => runTurn(server, bench.task(prompt(index)))));
  assert.deepEqual(
    results.map(({ finalMessage }) => finalMessage),
    marks.map((_, index) => `turn ${index}`),
  );
  assert.equal(bench.fake.appServers().length, 1);
});

test('a review gives what the reviewer wrote', async () => {
  await using bench = new FakeBench({ review: '[[exec:git diff]][[say:One finding.]]' });
  const server = await bench.server();
  const { result, progress } = await follow(server, bench.review());
  assert.deepEqual([result.status, result.reviewText], ['completed', 'One finding.']);
  assert.deepEqual(progress[1]?.phase, 'reviewing');
  const branch = {
    mode: 'branch',
    baseRef: 'main',
    label: 'branch diff against main',
    explicit: true,
  } as const;
  await runTurn(server, bench.review({ work: { kind: 'review', target: branch } }));
  assert.deepEqual(
    bench.fake.requests('review/start').map(({ target }) => target),
    [{ type: 'uncommittedChanges' }, { type: 'baseBranch', branch: 'main' }],
  );
});

for (const [what, prompt, reason, info] of [
  ['a model that is overloaded', '[[http:500]]', /high demand/, 'internalServerError'],
  ['a rate limit', '[[fail:rate_limit_exceeded|slow down]]', /slow down/, 'rateLimitExceeded'],
  ['a stream that breaks', '[[drop]]', /stream disconnected/, 'other'],
] as const) {
  test(`${what} fails the turn, with Codex's word for it`, async () => {
    await using bench = new FakeBench();
    const result = await runTurn(await bench.server(), bench.task(prompt));
    assert.deepEqual([result.status, result.cause, result.error?.info], ['failed', 'turn-failed', info]);
    assert.match(result.reason, reason);
    assert.equal(result.release?.released, true);
  });
}

test('an error that Codex retries by itself is told and ends nothing', async () => {
  await using bench = new FakeBench();
  const { result, progress } = await follow(
    await bench.server(),
    bench.task('[[retry:reconnecting 1/5]][[say:ok]]'),
  );
  assert.deepEqual([result.status, result.error], ['completed', null]);
  assert.ok(
    progress.some(({ phase, message }) => phase === 'retrying' && message.includes('reconnecting 1/5')),
  );
});

test('an unknown thread is refused with Codex’s reason, and no turn is started', async () => {
  await using bench = new FakeBench();
  const request = bench.task('[[say:x]]', { resumeThreadId: '019aa5a7-0000-7000-8000-000000000000' });
  const result = await runTurn(await bench.server(), request);
  assert.deepEqual([result.status, result.cause, result.turnId], ['failed', 'refused', null]);
  assert.match(result.reason, /^Codex refused thread\/resume: no rollout found/);
});

test('a thread with a running turn is not steered by somebody who resumes it', async () => {
  await using bench = new FakeBench();
  const server = await bench.server();
  const done = `${bench.folder}/done`;
  const first = follow(server, bench.task(`[[exec:until [ -e ${done} ]; do sleep 0.02; done]][[say:mine]]`));
  const [start] = await until(
    'the turn runs a command',
    () => survivors(done).length > 0 && bench.fake.requests('turn/start'),
  );
  const second = await runTurn(
    server,
    bench.task('[[say:stolen]]', { resumeThreadId: String(start?.threadId) }),
  );
  assert.deepEqual([second.cause, second.turnId], ['thread-busy', null]);
  writeFileSync(done, '');
  assert.equal((await first).result.finalMessage, 'mine');
});

test('a prompt that Codex would refuse is refused before anything is started', async () => {
  await using bench = new FakeBench();
  const server = await bench.server();
  const tooLong = bench.task('😀'.repeat(MAX_PROMPT_CHARACTERS + 1));
  await assert.rejects(runTurn(server, tooLong), {
    code: 'usage',
    message: /1048577 characters.*at most 1048576/,
  });
  await assert.rejects(runTurn(server, bench.task(' \n')), {
    code: 'usage',
    message: 'The prompt is empty.',
  });
  assert.deepEqual(bench.fake.requests('thread/start'), []);
  // Two UTF-16 units each, and still not too many characters.
  const longest = await runTurn(server, bench.task(`[[say:read]]${'😀'.repeat(MAX_PROMPT_CHARACTERS - 12)}`));
  assert.equal(longest.finalMessage, 'read');
});
