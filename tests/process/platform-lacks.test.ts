/** On a platform that lacks an ability, what needs it is refused by name; what has another way takes that. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { innermostHost } from '../../scripts/hosts/ancestry.ts';
import { isOpenInClaude } from '../../scripts/hosts/claude-sessions.ts';
import { programOf } from '../../scripts/hosts/codex-program.ts';
import { activityOf } from '../../scripts/process/activity.ts';
import { argumentsOf, commandLineOf, programFileOf } from '../../scripts/process/command-line.ts';
import { fileSystemWithoutEvents } from '../../scripts/process/file-events.ts';
import { identify, ownIdentity } from '../../scripts/process/identity.ts';
import { findJobProcesses, type JobTrace } from '../../scripts/process/job/find.ts';
import { isInScope, scopeObstacle } from '../../scripts/process/job/scope.ts';
import { whyLeft } from '../../scripts/process/job/why-left.ts';
import { inheritedLog } from '../../scripts/process/log-mark.ts';
import { argumentsAreUtf8 } from '../../scripts/process/own-bytes.ts';
import { ABILITY_NAMES, type Ability, type Platform } from '../../scripts/process/platform/platform.ts';
import {
  can,
  missingAbilities,
  need,
  platformOf,
  pretend,
  SYSTEM,
} from '../../scripts/process/platform/this-platform.ts';
import { insideCodexSandbox } from '../../scripts/process/sandbox.ts';
import { signalProcess } from '../../scripts/process/signal.ts';
import { cookieOf, ownerOf, processTable } from '../../scripts/process/table.ts';

const { pid } = process;
const abilities = Object.keys(ABILITY_NAMES) as Ability[];
const trace: JobTrace = {
  jobId: 'run-nobody-aaaaaaaa',
  leader: null,
  spared: null,
  log: import.meta.filename,
};

function without(...missing: Ability[]): Platform {
  const lacking = missing.map((ability) => [ability, { lacks: 'it was taken away' }]);
  return { ...platformOf(SYSTEM), name: 'cripple', ...Object.fromEntries(lacking) };
}

/** What cannot be done at all without it; forgetting one does not compile. */
const REFUSED: Record<Ability, (() => unknown)[]> = {
  row: [
    () => identify(pid),
    ownIdentity,
    innermostHost,
    () => signalProcess({ ...here, pid: 2 ** 22 + 1 }, 'SIGCONT'),
  ],
  table: [processTable, () => findJobProcesses(trace)],
  commands: [() => isOpenInClaude({ HOME: '/nowhere' }, 'a-session')],
  environmentOf: [() => cookieOf(pid), () => ownerOf(pid)],
  argumentsOf: [() => argumentsOf(pid), () => commandLineOf(pid)],
  programOf: [() => programFileOf(pid)],
  controlGroupsOf: [() => isInScope(pid, 'a.scope'), () => scopeObstacle({}, '/nowhere')],
  userOf: [],
  memoryOf: [],
  listeningPortsOf: [],
  isScheduled: [],
  hasOpen: [() => inheritedLog(pid, { device: 0n, inode: 0n })],
  fileSystemOf: [],
  offsetOf: [],
  ownArgumentBytes: [],
  initProgram: [],
};
const here = ownIdentity();

for (const ability of abilities)
  test(`without ${ABILITY_NAMES[ability]}, that is what the refusal says`, async () => {
    using _ = pretend(without(ability));
    const refusal = {
      code: 'unsupported-platform',
      message: `On cripple, codex-companion cannot read ${ABILITY_NAMES[ability]}: it was taken away.`,
    };
    assert.equal(can(ability), false);
    for (const act of [() => need(ability), ...REFUSED[ability]])
      await assert.rejects(async () => act(), refusal, String(act));
    assert.deepEqual(missingAbilities(), [{ ability, sentence: refusal.message }]);
  });

test('where there is another way, it is taken: by no guess, and by no "no" that nobody has seen', () => {
  const rest = abilities.filter((ability) => !['row', 'table', 'argumentsOf'].includes(ability));
  using _ = pretend(without(...rest));
  assert.equal(activityOf(pid), 'unknown');
  assert.equal(argumentsAreUtf8(), true);
  assert.equal(insideCodexSandbox({ CODEX_SANDBOX: 'seatbelt' }), true);
  assert.equal(fileSystemWithoutEvents(tmpdir()), undefined);
  assert.equal(programOf(pid), undefined);
  assert.equal(whyLeft({ pid, start: here.start, name: 'node', command: 'node' }), 'it has not ended yet');
  assert.deepEqual(findJobProcesses(trace), [], 'a job is looked for by its other traces');
});

test('Windows is refused as a whole, by name', () => {
  assert.throws(() => platformOf('win32'), {
    code: 'unsupported-platform',
    message: /^Windows is not supported: /,
    hint: /WSL2/,
  });
});
