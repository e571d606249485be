/** Every ability of a platform, asked of real processes. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import {
  ABILITY_NAMES,
  type Abilities,
  type Ability,
  type Platform,
} from '../../scripts/process/platform/platform.ts';
import { psPlatform } from '../../scripts/process/platform/ps.ts';
import { platformOf, SYSTEM } from '../../scripts/process/platform/this-platform.ts';
import { processTable } from '../../scripts/process/table.ts';
import { scratch } from '../support/scratch.ts';
import { until } from '../support/wait.ts';

/** The platform at hand, and the one for systems without /proc, which `ps` serves here as well. */
const platforms: Platform[] = [platformOf(SYSTEM), psPlatform('a system with ps alone')];

/** A process of our own, with an argument in two words; it ends with the test. */
class Sleeper implements AsyncDisposable {
  readonly #child = spawn('/bin/sh', ['-c', 'sleep 300 & wait', 'sh', 'two words'], {
    stdio: 'ignore',
    detached: true,
  });

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, 'exit');
    process.kill(-this.pid, 'SIGKILL'); // it leads a group of its own
    await gone;
  }
}

type Trial = (ability: never, sleeper: Sleeper) => void | Promise<void>;

/** What each must tell of a sleeper; forgetting one does not compile. */
const TRIALS: { [A in Ability]: (tell: Abilities[A], sleeper: Sleeper) => void | Promise<void> } = {
  row(row, { pid }) {
    const { start, state, session, ...rest } = row(pid) ?? assert.fail();
    assert.deepEqual(rest, { pid, comm: 'sh', parent: process.pid, group: pid });
    assert.equal(state, 'S');
    assert.ok(session === pid || session === null);
    assert.equal(row(pid)?.start, start, 'it is the same at every look');
    assert.equal(row(2 ** 22 + 1), undefined, 'nobody has that pid');
  },
  table(table, { pid }) {
    const rows = [...table()];
    assert.ok(rows.some((one) => one.pid === process.pid));
    assert.ok(rows.some((one) => one.parent === pid && one.comm === 'sleep' && one.group === pid));
    const pids = rows.map((one) => one.pid);
    assert.deepEqual(
      pids,
      pids.toSorted((a, b) => b - a),
      'the newest first',
    );
    assert.deepEqual(
      rows.filter((one) => one.parent === process.pid && one.comm === 'ps'),
      [],
    );
  },
  async commands(commands, { pid }) {
    const row = (await commands()).find((one) => one.pid === pid);
    assert.match(row?.command ?? '', /sh -c sleep 300 & wait sh two words$/);
  },
  environmentOf(environmentOf, { pid }) {
    assert.match(environmentOf(pid), /(^|\0)PATH=/);
    assert.equal(environmentOf(2 ** 22 + 1), '');
  },
  argumentsOf(argumentsOf, { pid }) {
    assert.equal(argumentsOf(pid)?.join(' '), '/bin/sh -c sleep 300 & wait sh two words');
    assert.equal(argumentsOf(2 ** 22 + 1), undefined);
  },
  programOf(programOf, { pid }) {
    assert.equal(programOf(pid), realpathSync('/bin/sh'));
    assert.equal(programOf(2 ** 22 + 1), undefined);
  },
  controlGroupsOf(controlGroupsOf, { pid }) {
    assert.deepEqual(controlGroupsOf(pid), controlGroupsOf(process.pid));
    assert.ok(controlGroupsOf(pid).every((path) => path.startsWith('/')));
    assert.deepEqual(controlGroupsOf(2 ** 22 + 1), []);
  },
  userOf(userOf, { pid }) {
    assert.equal(userOf(pid), process.getuid?.());
    assert.equal(userOf(2 ** 22 + 1), undefined);
  },
  memoryOf(memoryOf, { pid }) {
    const bytes = memoryOf(pid) ?? assert.fail();
    assert.ok(bytes > 100_000 && bytes < 1024 ** 3, `${bytes} bytes for a shell`);
    assert.equal(memoryOf(2 ** 22 + 1), undefined);
  },
  async listeningPortsOf(listeningPortsOf, { pid }) {
    const servers = ['127.0.0.1', '127.0.0.1'].map((host) => createServer().listen(0, host));
    await Promise.all(servers.map((server) => once(server, 'listening')));
    const ports = servers.map((server) => (server.address() as AddressInfo).port);
    assert.deepEqual(
      listeningPortsOf(process.pid).filter((port) => ports.includes(port)),
      ports.sort((a, b) => a - b),
    );
    assert.deepEqual(listeningPortsOf(pid), [], 'those of its parent are not its own');
    for (const server of servers) server.close();
    assert.deepEqual(listeningPortsOf(2 ** 22 + 1), []);
  },
  async isScheduled(isScheduled, { pid }) {
    assert.equal(isScheduled(process.pid), true, 'who asks runs');
    await until('the sleeper sleeps', () => !isScheduled(pid));
  },
  hasOpen(hasOpen) {
    using folder = scratch();
    const path = join(folder.path, 'file');
    const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND);
    const { dev: device, ino: inode } = statSync(path, { bigint: true });
    assert.equal(hasOpen(process.pid, { device, inode }, constants.O_APPEND | constants.O_WRONLY), true);
    assert.equal(hasOpen(process.pid, { device, inode }, constants.O_RDWR), false, 'other flags');
    assert.equal(hasOpen(process.pid, { device, inode: inode + 1n }, 0), false, 'another file');
    closeSync(fd);
    assert.equal(hasOpen(process.pid, { device, inode }, 0), false, 'closed');
  },
  fileSystemOf(fileSystemOf) {
    assert.equal(fileSystemOf('/proc'), 0x9fa0);
  },
  offsetOf(offsetOf) {
    const fd = openSync(import.meta.filename, 'r');
    readSync(fd, Buffer.alloc(7));
    assert.equal(offsetOf(fd), 7);
    closeSync(fd);
  },
  ownArgumentBytes(ownArgumentBytes) {
    assert.equal(ownArgumentBytes().toString('utf8').split('\0')[0], process.argv0);
  },
  initProgram(initProgram) {
    assert.match(initProgram(), /^\S+$/);
    assert.equal(basename(initProgram()).includes('codex-linux-sandbox'), false);
  },
};

for (const platform of platforms) {
  describe(`on ${platform.name}`, () => {
    for (const [ability, trial] of Object.entries(TRIALS) as [Ability, Trial][]) {
      const found = platform[ability];
      if ('lacks' in found) continue;
      test(`it reads ${ABILITY_NAMES[ability]}`, async () => {
        await using sleeper = new Sleeper();
        await until('its child sleeps', () =>
          [...processTable().values()].some((one) => one.parent === sleeper.pid),
        );
        await trial(found as never, sleeper);
      });
    }
  });
}
