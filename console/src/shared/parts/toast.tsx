import { X } from "lucide-react"
import { useSyncExternalStore } from "react"
import { createPortal } from "react-dom"
import { cx } from "@/shared/classes.ts"
import { useTopLayer } from "@/shared/layers.ts"
import { Button, IconButton } from "@/shared/parts/button.tsx"
import { words } from "@/shared/strings.ts"

type Notice = { id: number; text: string; tone: "plain" | "bad"; undo?: () => void }
const LASTS_MS = 6000
let notices: readonly Notice[] = []
let last = 0
const watchers = new Set<() => void>()

function put(next: readonly Notice[]): void {
  notices = next
  for (const watcher of watchers) watcher()
}

/** Says that something was done; with `undo`, how to take it back. It goes by itself after six seconds. */
export function notify(text: string, more: { undo?: () => void; tone?: "plain" | "bad" } = {}): void {
  last += 1
  const id = last
  put([...notices.slice(-2), { id, text, tone: more.tone ?? "plain", ...(more.undo ? { undo: more.undo } : {}) }])
  setTimeout(() => dismiss(id), LASTS_MS)
}

function dismiss(id: number): void {
  put(notices.filter((notice) => notice.id !== id))
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

/** Within a dialog while one is open, and beside a drawer: below it they would be dimmed, and neither read aloud nor clicked. */
export function Notices() {
  const shown = useSyncExternalStore(watch, () => notices)
  const layer = useTopLayer()
  const region = (
    <div role="status" aria-label={words.notificationsRegion} className={cx("pointer-events-none fixed inset-x-0 bottom-20 z-50 grid justify-items-center gap-2 px-3 md:bottom-6", layer && "md:justify-items-start md:px-6")}>
      {shown.map((notice) => (
        <div key={notice.id} className={cx("rise pointer-events-auto flex max-w-lg items-center gap-3 rounded-xl border bg-raised py-1.5 pr-1.5 pl-4 shadow-float", notice.tone === "bad" && "border-bad")}>
          <span className="text-sm">{notice.text}</span>
          {notice.undo && <Button kind="quiet" onClick={() => { notice.undo?.(); dismiss(notice.id) }}>{words.undo}</Button>}
          <IconButton label={words.dismiss} onClick={() => dismiss(notice.id)}><X size={16} /></IconButton>
        </div>
      ))}
    </div>
  )
  return layer ? createPortal(region, layer) : region
}
