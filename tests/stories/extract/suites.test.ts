/**
 * A suite of 243 tests, 3 of which fail, run as a job: its result and its notice tell the three with place and reason. `LONG=1` has the
 * tools that have to be there, or to be installed.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { noticeText } from '../../../scripts/domain/notice/notice-text.ts';
import { linesOf } from '../../../scripts/use-cases/notices/lines.ts';
import { long } from '../../support/long.ts';
import { SUITES, type Suite } from '../../support/suites.ts';
import { aWorkspace } from '../../support/world.ts';

const RESULT_LINES = 40;
const NOTICE_LINES = 8;

for (const suite of SUITES) {
  const skip = suite.heavy && !long ? 'LONG=1' : suite.needs.find((program) => !isThere(program));
  test(`${suite.tool}: 3 of 243 fail, and result and notice tell the three`, {
    skip: skip ?? false,
  }, async () => {
    await using world = await aWorkspace();
    for (const [name, text] of Object.entries(suite.files)) {
      const path = join(world.workspace, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    const id = await world.run('env', ...(suite.heavy ? toolchains() : []), 'sh', '-c', suite.command);
    await world.cli('wait', id);
    assertTells((await world.cli('result', id)).stdout, RESULT_LINES, suite);
    assertTells(noticeOf(world, id), NOTICE_LINES, suite);
  });
}

function assertTells(text: string, most: number, { counts, told }: Suite): void {
  const lines = text.trimEnd().split('\n');
  assert.ok(lines.length <= most, `${lines.length} lines:\n${text}`);
  assert.ok(text.includes(counts), `${counts} in:\n${text}`);
  for (const part of told.flat()) assert.ok(text.includes(part), `${part} in:\n${text}`);
  assert.doesNotMatch(text, /passes_1|passes 1|Passes1|duration|todo 0/i);
}

function noticeOf(world: Awaited<ReturnType<typeof aWorkspace>>, jobId: string): string {
  const { facts } = world.reading(jobId);
  const { outcome } = facts;
  assert.ok(outcome);
  const item = { jobId, what: 'Shell command', outcome, mayRepeat: false, elsewhere: false };
  return noticeText('n-0123456789', [{ ...item, ...linesOf(facts, performance.now() + 10_000) }]);
}

/** A job has a home of its own; what is installed for this user looks for its parts in the real one. */
function toolchains(): string[] {
  const { PATH = '' } = process.env;
  const home = userInfo().homedir;
  return [`PATH=${PATH}`, `RUSTUP_HOME=${join(home, '.rustup')}`, `PYENV_ROOT=${join(home, '.pyenv')}`];
}

function isThere(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
