/** What the state layer has to say aloud (damage found and mended). Entry points decide where it is heard. */
type Listener = (message: string) => void;

let listener: Listener = () => {};

export function onWarning(listen: Listener): void {
  listener = listen;
}

export function warn(message: string): void {
  listener(message);
}
