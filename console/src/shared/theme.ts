import { useSyncExternalStore } from "react"

export type Theme = "system" | "light" | "dark"
const KEPT = "torana.theme" // public/theme.js reads it before the first paint
const watchers = new Set<() => void>()

export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset.theme
  return chosen === "light" || chosen === "dark" ? chosen : "system"
}

/** After the next paint: every colour of the page changes, and whatever the click closed is seen to close before. */
export function setTheme(theme: Theme): void {
  requestAnimationFrame(() => setTimeout(() => apply(theme)))
}

function apply(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  try {
    if (theme === "system") localStorage.removeItem(KEPT)
    else localStorage.setItem(KEPT, theme)
  } catch {
    // Storage is closed to us: the choice lasts until the page is left.
  }
  for (const watcher of watchers) watcher()
}

export function useTheme(): Theme {
  return useSyncExternalStore((watcher) => {
    watchers.add(watcher)
    return () => watchers.delete(watcher)
  }, currentTheme)
}
