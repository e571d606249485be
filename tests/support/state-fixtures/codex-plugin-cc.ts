import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceName } from '../../../scripts/state/layout.ts';
import { until } from '../wait.ts';
import { aWorkspace, type CliResult } from '../world.ts';
import { type LeftJob, saveFixture } from './fixture.ts';
import { powerCut } from './power-cut.ts';

const PLACE = 'home/.claude/plugins/data/codex-openai-codex';

interface OldJob {
  id: string;
  kind: string;
  status: string;
  threadId?: string;
  logFile: string;
}

/** openai/codex-plugin-cc 1.0.5 leaves jobs in all the states that it knows, its broker and its setting. */
export async function leaveStateOf105(plugin: string): Promise<void> {
  const madeAt = new Date().toISOString();
  await using world = await aWorkspace({
    codex: { account: { type: 'apiKey' }, review: '[[say:No fault.]]' },
  });
  const data = join(world.folder, PLACE);
  const options = {
    program: [process.execPath, join(plugin, 'scripts/codex-companion.mjs')],
    env: { CLAUDE_PLUGIN_DATA: data, CODEX_COMPANION_SESSION_ID: 'an-old-session' },
  };
  const cli = (...args: string[]): Promise<CliResult> => world.cliWith(options, ...args);
  const directory = join(data, 'state', workspaceName(world.workspace));
  const state = () => JSON.parse(readFileSync(join(directory, 'state.json'), 'utf8'));
  const jobs = (): OldJob[] => state().jobs;
  const background = async (prompt: string) =>
    (await cli('task', '--background', '--write', '--json', prompt)).json.jobId as string;
  const is = (id: string, status: string) => () =>
    jobs().some((job) => job.id === id && job.status === status);

  await cli('setup', '--enable-review-gate');
  await cli('task', '[[say:the first answer]]');
  await until('the task has ended', is(await background('[[say:the answer]]'), 'completed'));
  await cli('task', '[[fail:server_error|the model broke]]');
  world.write('README.md', '# Another project\n');
  await cli('review');
  const stopped = await background('[[hang]]');
  await until('its turn runs', () => jobs().some((job) => job.id === stopped && job.threadId));
  await cli('cancel', stopped);
  const running = await background('[[hang]]');
  await until('its turn runs', () => jobs().some((job) => job.id === running && job.threadId));
  const queued = await background('[[say:never]]');
  await powerCut(world);
  if (!is(queued, 'queued')()) throw new Error('Its worker was quicker than the power cut. Try again.');
  // 1.0.5 has no lock: what it writes may undo what another of its processes has just written.
  if (!state().config.stopReviewGate) throw new Error('1.0.5 has lost its setting on the way. Try again.');

  const left = jobs().map(({ id, kind, status, threadId, logFile }): LeftJob => {
    const { result } = JSON.parse(readFileSync(join(directory, 'jobs', `${id}.json`), 'utf8'));
    const over = !['queued', 'running'].includes(status);
    return {
      ...{ id, kind, ending: over ? status : 'lost', threadId: threadId ?? null, exitCode: null },
      ...{ answer: result?.rawOutput ?? null, log: readFileSync(logFile, 'utf8') },
    };
  });
  saveFixture(world, '1.0.5', { madeAt, place: PLACE, jobs: left, settings: { reviewGateEnabled: true } });
}
