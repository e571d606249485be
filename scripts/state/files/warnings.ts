/** What the state layer has to say aloud (damage found and mended). Entry points decide where it is heard. */
type Listener = (message: string) => void;

let listener: Listener = () => {};

export function onWarning(listen: Listener): void {
  listener = listen;
}

const saidOnce = new Set<string>();

/** For what is met at every reading, and is no news the second time. */
export function warnOnce(message: string): void {
  if (saidOnce.has(message)) return;
  saidOnce.add(message);
  warn(message);
}

export function warn(message: string): void {
  listener(message);
}
