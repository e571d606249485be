import type { RealWorld } from './world.ts';

export type Mode = 'default' | 'acceptEdits' | 'plan' | 'dontAsk' | 'bypassPermissions';

/** As in the user's settings: `Bash(touch:*)` and the like. */
export interface Rules {
  allow?: string[];
  deny?: string[];
  ask?: string[];
}

export interface Asked {
  mode: Mode;
  rules: Rules;
  commands: string[];
  /** fields of the tool's input besides the command */
  input?: Record<string, unknown>;
  /** a folder of another plugin */
  plugin?: string;
}

/** What became of a command: the host refused it, or would have asked somebody; it ran; or it runs as a job. */
export type Fate = 'refused' | 'ran' | 'job';

let asked = 0;

/** One `claude -p` whose model calls Bash with these commands, one after the other; what it was told of each. */
export async function tellBash(
  world: RealWorld,
  { mode, rules, commands, input, plugin }: Asked,
): Promise<string[]> {
  const model = world.claudeModel;
  const calls = commands.map((command) => ({
    id: `toolu_rules_${++asked}`,
    name: 'Bash',
    input: { command, description: 'As asked', ...input },
  }));
  const prompt = `Do what is asked as number ${asked}.`;
  calls.forEach((call, at) => {
    const before = calls[at - 1];
    model.script({ when: before ? { resultOf: before.id } : { newText: prompt }, tools: [call] });
  });
  const last = calls.at(-1)?.id ?? '';
  model.script({ when: { resultOf: last }, text: 'That was it.' });
  const args = ['-p', '--permission-mode', mode, '--settings', JSON.stringify({ permissions: rules })];
  if (plugin !== undefined) args.push('--plugin-dir', plugin);
  await world.claude.run([...args, prompt], { cwd: world.workspace });
  return calls.map(({ id }) => {
    const told = model.toolResult(id);
    if (told === undefined) throw new Error(`The model was told nothing of ${id}.`);
    return told;
  });
}

const REFUSALS = [
  /^Permission to use Bash .*denied/,
  /^Claude requested permissions/,
  /background operator, which defers execution/,
  /was blocked\. For security/,
  /^Auto mode is unavailable/,
  / needs approval\./,
];

export function fateOf(told: string): Fate {
  if (/^codex-companion: .* tracked job: run-/m.test(told)) return 'job';
  return REFUSALS.some((refusal) => refusal.test(told)) ? 'refused' : 'ran';
}
