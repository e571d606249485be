import type { Command } from './command.ts';

/** Every verb, its line in the help, and its module, which is loaded only when it is called. */
interface Verb {
  summary: string;
  load: () => Promise<Command>;
}

export const VERBS: Record<string, Verb> = {
  task: {
    summary: 'hand a task to Codex',
    load: async () => (await import('./commands/task.ts')).task,
  },
  review: {
    summary: 'let Codex review the working tree or the branch',
    load: async () => (await import('./commands/review.ts')).review,
  },
  'adversarial-review': {
    summary: 'the same, challenging the approach; takes focus text',
    load: async () => (await import('./commands/adversarial-review.ts')).adversarialReview,
  },
  run: {
    summary: 'run a shell command as a job',
    load: async () => (await import('./commands/run.ts')).run,
  },
  rerun: {
    summary: 'run a command that has ended again',
    load: async () => (await import('./commands/rerun.ts')).rerun,
  },
  status: {
    summary: 'what runs, what has ended; or one job',
    load: async () => (await import('./commands/status.ts')).status,
  },
  result: {
    summary: 'the result of a finished job',
    load: async () => (await import('./commands/result.ts')).result,
  },
  logs: {
    summary: "a job's output, followed if you like",
    load: async () => (await import('./commands/logs.ts')).logs,
  },
  wait: {
    summary: 'wait until jobs have ended',
    load: async () => (await import('./commands/wait.ts')).wait,
  },
  events: {
    summary: 'what happens to the jobs, as numbered JSON lines',
    load: async () => (await import('./commands/events.ts')).events,
  },
  cancel: {
    summary: 'stop a job with all its processes',
    load: async () => (await import('./commands/cancel.ts')).cancel,
  },
  pause: {
    summary: 'stop a shell command for a while',
    load: async () => (await import('./commands/pause.ts')).pause,
  },
  resume: {
    summary: 'let a paused one go on',
    load: async () => (await import('./commands/resume.ts')).resume,
  },
  'task-resume-candidate': {
    summary: 'the task that --resume-last would continue',
    load: async () => (await import('./commands/task-resume-candidate.ts')).taskResumeCandidate,
  },
  setup: {
    summary: 'whether all is ready; settings of the workspace',
    load: async () => (await import('./commands/setup.ts')).setup,
  },
  sweep: {
    summary: 'put everything in order: find lost ends, drop what the dead held',
    load: async () => (await import('./commands/sweep.ts')).sweep,
  },
  demo: {
    summary: 'show the main job, step by step, on real processes',
    load: async () => (await import('./commands/demo.ts')).demo,
  },
  doctor: {
    summary: 'look at everything and change nothing',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  completions: {
    summary: 'what your shell needs to complete all this: bash, zsh, fish',
    load: async () => (await import('./commands/completions.ts')).completions,
  },
};

/** What this program calls itself with; in no help. */
export const INTERNAL_VERBS: Record<string, Verb> = {
  'enqueue-draft': {
    summary: '',
    load: async () => (await import('./commands/enqueue-draft.ts')).enqueueDraft,
  },
  'slash-screen': {
    summary: '',
    load: async () => (await import('./commands/slash-screen.ts')).slashScreen,
  },
  complete: {
    summary: '',
    load: async () => (await import('./commands/complete.ts')).complete,
  },
};
