import { useEffect } from "react"

export type Shortcut = { keys: string; says: string; run: () => void }

/** Whether keys pressed here are text. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** The name of a key press: `mod+k`, `?`, `g o` is two presses within a second. */
export function pressed(event: Pick<KeyboardEvent, "key" | "metaKey" | "ctrlKey">): string {
  return `${event.metaKey || event.ctrlKey ? "mod+" : ""}${event.key.length === 1 ? event.key.toLowerCase() : event.key}`
}

const TOGETHER_MS = 1000

/** Listens while the caller is shown. Keys without Ctrl or ⌘ do nothing where text is typed. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  useEffect(() => {
    let before = ""
    let at = 0
    const listen = (event: KeyboardEvent) => {
      const key = pressed(event)
      if (!key.startsWith("mod+") && (isTyping(event.target) || event.altKey)) return
      const pair = event.timeStamp - at < TOGETHER_MS ? `${before} ${key}` : key
      const found = shortcuts.find((one) => one.keys === pair) ?? shortcuts.find((one) => one.keys === key)
      before = key
      at = event.timeStamp
      if (!found) return
      event.preventDefault()
      found.run()
    }
    window.addEventListener("keydown", listen)
    return () => window.removeEventListener("keydown", listen)
  }, [shortcuts])
}
