// What lies over the page: open dialogs, the newest on top. All else is out of reach then, so what must be seen goes into it.
import { useSyncExternalStore } from "react"

let layers: readonly HTMLElement[] = []
const watchers = new Set<() => void>()

function put(next: readonly HTMLElement[]): void {
  layers = next
  for (const watcher of watchers) watcher()
}

/** It lies on top from now on, until the function that comes back is called. */
export function lieOnTop(layer: HTMLElement): () => void {
  put([...layers, layer])
  return () => put(layers.filter((one) => one !== layer))
}

/** The one on top; null: only the page. */
export function topLayer(): HTMLElement | null {
  return layers.at(-1) ?? null
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

export function useTopLayer(): HTMLElement | null {
  return useSyncExternalStore(watch, topLayer)
}
