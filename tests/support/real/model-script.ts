/** What the scripted OpenAI model does in one answer. */
export interface ModelStep {
  say?: string;
  /** A shell command to call the shell tool with. */
  exec?: string;
  /** The command asks to run outside the sandbox. */
  escalated?: boolean;
  /** An agent to start, by its prompt; it runs on a thread of its own. */
  agent?: string;
  /** How long the model thinks, in milliseconds. */
  delayMs?: number;
  /** The model thinks until the test calls `release`. */
  hold?: boolean;
  /** An HTTP status instead of an answer. */
  http?: number;
  /** The response fails with this code. */
  fail?: { code: string; message: string };
  /** The connection is cut in mid-answer. */
  drop?: boolean;
  /** The answer starts and never goes on. */
  hang?: boolean;
  /** A summary of the model's reasoning. */
  reason?: string;
}

/**
 * Reads the model's part out of a prompt, so that turns that run side by side cannot mix up their scripts:
 * `[[say:TEXT]] [[exec:SHELL]] [[escalate:SHELL]] [[slow:SECONDS]] [[hold]] [[http:500]] [[fail:CODE|MESSAGE]] [[drop]]
 * [[hang]] [[reason:TEXT]] [[agent:SHELL]]`. Several commands (`agent` starts an agent that runs its own) come one after
 * the other, one answer each; the rest comes after them.
 * @param commandsDone how many commands of this turn have their output
 */
export function stepOf(prompt: string, commandsDone: number): ModelStep | undefined {
  const directives = [...prompt.matchAll(/\[\[(\w+)(?::([\s\S]*?))?\]\]/g)].map(
    ([, name = '', value = '']) => ({
      name,
      value,
    }),
  );
  if (directives.length === 0) return undefined;
  const commands = directives.filter(({ name }) => ['exec', 'escalate', 'agent'].includes(name));
  const next = commands[commandsDone];
  if (next?.name === 'agent') return { agent: `[[exec:${next.value}]][[say:the agent is done]]` };
  if (next) return { exec: next.value, escalated: next.name === 'escalate' };
  const step = Object.assign({}, ...directives.map(({ name, value }) => readers[name]?.(value) ?? {}));
  return commands.length > 0 ? { say: `done after ${commandsDone} commands`, ...step } : step;
}

const readers: Record<string, (value: string) => ModelStep> = {
  say: (say) => ({ say }),
  slow: (seconds) => ({ delayMs: Number(seconds) * 1000 }),
  hold: () => ({ hold: true }),
  http: (status) => ({ http: Number(status) }),
  fail: (value) => {
    const [code = '', ...message] = value.split('|');
    return { fail: { code, message: message.join('|') || code } };
  },
  drop: () => ({ drop: true }),
  hang: () => ({ hang: true }),
  reason: (reason) => ({ reason }),
};
