/** Each host by what is seen of it: its process, its variables, its arguments, its hooks. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { HOST_NAMES, HOST_TRAITS, type HostName } from '../../scripts/domain/base/hosts.ts';
import { HOSTS } from '../../scripts/hosts/hosts.ts';
import { sessionNamed } from '../../scripts/hosts/origin.ts';
import type { Environment } from '../../scripts/process/environment.ts';

const BOTH = { CLAUDE_CODE_SESSION_ID: 'c', CODEX_THREAD_ID: 't' };

/** What is in the environment, the innermost host that lives, and whose session it is then. */
const NAMED: [string, Environment, HostName | undefined, string | null][] = [
  ['a plain terminal', {}, undefined, null],
  ['a plain terminal below an agent', {}, 'codex', null],
  ['Claude Code', { CLAUDE_CODE_SESSION_ID: 'c' }, 'claude-code', 'claude-code c'],
  ['Claude Code whose process is not seen', { CLAUDE_CODE_SESSION_ID: 'c' }, undefined, 'claude-code c'],
  ['Claude Code below a Codex without variables', { CLAUDE_CODE_SESSION_ID: 'c' }, 'codex', 'claude-code c'],
  ['Codex', { CODEX_THREAD_ID: 't', CODEX_SESSION_ID: 's' }, 'codex', 'codex t'],
  ['Codex that names no thread', { CODEX_THREAD_ID: '', CODEX_SESSION_ID: 's' }, 'codex', 'codex s'],
  ['Codex in Claude Code', BOTH, 'codex', 'codex t'],
  ['Claude Code in Codex', BOTH, 'claude-code', 'claude-code c'],
  ['one in the other, and both dead', BOTH, undefined, 'codex t'],
  ['our export alone', { CODEX_COMPANION_SESSION_ID: 'own' }, undefined, 'claude-code own'],
  ['our export, inherited by a Codex', { CODEX_COMPANION_SESSION_ID: 'own', ...BOTH }, 'codex', 'codex t'],
  ['empty variables', { CLAUDE_CODE_SESSION_ID: '', CODEX_COMPANION_SESSION_ID: '' }, undefined, null],
];

for (const [what, environment, nearest, session] of NAMED)
  test(`the session that the environment names: ${what}`, () => {
    const named = sessionNamed(environment, nearest);
    assert.equal(named && `${named.host} ${named.sessionId}`, session);
  });

/** By the client's own arguments; forgetting a host does not compile. */
const ONE_SHOT: Record<HostName, { goes: string[]; stays: string[] }> = {
  'claude-code': {
    goes: ['-p', '--print hello', '-cp hello', '-p --input-format text', '--resume x -p'],
    stays: [
      '',
      '--resume x',
      '--permission-mode plan',
      '-p --input-format stream-json',
      '--print --input-format=stream-json',
    ],
  },
  codex: {
    goes: ['exec hello', 'e hello', 'review', '-c a=b exec', 'exec resume x'],
    stays: ['', 'resume x', '--model exec5', 'executive'],
  },
};

for (const host of HOST_NAMES)
  test(`${host} answers one prompt and goes, by its own arguments`, () => {
    const isOneShot = (line: string) =>
      HOSTS[host].isOneShot(['/somewhere/program', ...line.split(' ').filter((word) => word !== '')], {});
    const { goes, stays } = ONE_SHOT[host];
    for (const line of goes) assert.equal(isOneShot(line), true, line);
    for (const line of stays) assert.equal(isOneShot(line), false, line);
  });

test('where its arguments cannot be seen, Claude Code’s own variable tells, and Codex counts as one that stays', () => {
  const environment = { CLAUDE_CODE_ENTRYPOINT: 'sdk-cli' };
  assert.equal(HOSTS['claude-code'].isOneShot(undefined, environment), true);
  assert.equal(HOSTS['claude-code'].isOneShot(undefined, { CLAUDE_CODE_ENTRYPOINT: 'cli' }), false);
  assert.equal(HOSTS.codex.isOneShot(undefined, environment), false);
});

test('no two hosts are known by the same program, variable or hooks file', () => {
  const all = HOST_NAMES.flatMap((host) => {
    const { processNames, variables, hooks } = HOSTS[host];
    const { session, client, project, shellFile } = variables;
    return [...processNames, ...session, client, project, shellFile, hooks.file].filter(
      (one) => one !== null,
    );
  });
  assert.deepEqual([...new Set(all)], all);
});

test('what names a host’s session, process or shell file reaches nothing that serves other sessions', () => {
  for (const host of HOST_NAMES) {
    const { plugin, session, caller } = HOST_TRAITS[host].variables;
    const isHidden = (name: string) => [...plugin, ...session, ...caller].some((one) => one.test(name));
    const { variables } = HOSTS[host];
    const names = [...variables.session, variables.client, variables.project, variables.shellFile];
    for (const name of names) assert.ok(name === null || isHidden(name), `${host}: ${name}`);
  }
});

const sh = readFileSync(join(import.meta.dirname, '../../hooks/session-hook.sh'), 'utf8');

/** The patterns of the sh case that begins with this line, each a list of alternatives, in its order. */
function patternsOf(head: string): string[][] {
  const body = sh.split(`${head}\n`)[1]?.split('\nesac')[0] ?? assert.fail(head);
  return [...body.matchAll(/^ {2}([^\s#(][^)\n]*)\)/gm)].map(([, one = '']) => one.split(' | '));
}

const matches = (pattern: string, word: string) =>
  pattern.startsWith('*') ? word.endsWith(pattern.slice(1)) : word === pattern;

/** The command of every call that a host is told to make. */
const commands = HOST_NAMES.flatMap((host) =>
  Object.values(HOSTS[host].hooks.declaration.hooks).flatMap((groups) =>
    groups.flatMap(({ hooks }) => hooks.map(({ command }) => ({ host, command }))),
  ),
);

/** `HOST-EVENT` of each of them. */
const calls = commands.map(({ host, command }) => {
  const [, named, event] = / (\S+) (\S+)$/.exec(command) ?? [];
  assert.equal(named, host, command);
  return `${host}-${event}`;
});

test('the hooks of a plugin whose directory is deleted are silent, each of them', () => {
  for (const { command } of commands) {
    const env = { ...process.env, CLAUDE_PLUGIN_ROOT: '/there is/no such plugin' };
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { env, encoding: 'utf8' });
    assert.deepEqual([status, stdout, stderr], [0, '', ''], command);
  }
});

test('the sh part of the hooks knows each event that a host declares, and no other', () => {
  const patterns = patternsOf('case $host-$event in');
  const caseOf = (call: string) => patterns.find((some) => some.some((one) => matches(one, call)));
  for (const call of calls)
    assert.ok(call.endsWith('-SessionStart') || caseOf(call), `${call}: node would be started each time`);
  for (const pattern of patterns.flat())
    assert.ok(
      calls.some((call) => caseOf(call)?.includes(pattern)),
      `${pattern}: no host calls it`,
    );
});

test('the sh part takes the session from the environment, and holds a turn open, for just the hosts of which that is said', () => {
  const told = HOST_NAMES.filter((host) => HOSTS[host].hooks.sessionBy === 'environment');
  assert.deepEqual(
    patternsOf('case $host in').map(([host]) => host),
    told,
  );
  for (const host of told)
    assert.ok(sh.includes(`\n  ${host}) id=\${${HOSTS[host].variables.session[0]}-} ;;\n`), host);
  const held = HOST_NAMES.filter((host) => HOSTS[host].hooks.atStop === 'hold');
  const own = patternsOf('case $host-$event in').flat();
  assert.deepEqual(
    own.filter((one) => !one.startsWith('*')),
    held.map((host) => `${host}-Stop`),
  );
});

test('a host declares just what its objects say that it can: the shell tool, a doorbell', () => {
  for (const host of HOST_NAMES) {
    const { shellTool, variables } = HOSTS[host];
    assert.equal(calls.includes(`${host}-FileChanged`), HOST_TRAITS[host].wokenBy === 'doorbell', host);
    assert.equal(calls.includes(`${host}-PreToolUse`), variables.shellFile !== null, host);
    for (const [event, groups] of Object.entries(HOSTS[host].hooks.declaration.hooks))
      for (const { matcher } of groups)
        assert.equal(matcher, { PreToolUse: shellTool, UserPromptExpansion: '^codex:' }[event], host);
  }
});
