import { CircleAlert, Inbox, RotateCw } from "lucide-react"
import type { ReactNode } from "react"
import { ApiError } from "@/client/errors.ts"
import { cx } from "@/shared/classes.ts"
import { Button } from "@/shared/parts/button.tsx"
import { remedies, unknownFailure, words } from "@/shared/strings.ts"

export function EmptyState({ title = words.nothingHere, children, action, icon }: { title?: ReactNode; children?: ReactNode; action?: ReactNode; icon?: ReactNode }) {
  return (
    <div className="grid justify-items-center gap-2 rounded-xl border border-dashed px-6 py-10 text-center">
      <span className="text-quiet" aria-hidden>{icon ?? <Inbox size={28} strokeWidth={1.5} />}</span>
      <div className="font-medium">{title}</div>
      {children && <div className="max-w-prose text-sm text-quiet">{children}</div>}
      {action && <div className="mt-2">{action}</div>}
    </div>
  )
}

/** Names what went wrong and what to do; `compact` for inside a form or a column. */
export function ErrorState({ error, onRetry, compact = false }: { error: unknown; onRetry?: () => void; compact?: boolean }) {
  const known = error instanceof ApiError ? error : null
  const said = (known && remedies[known.code]) ?? unknownFailure
  return (
    <div role="alert" className={cx("flex gap-3 rounded-xl border border-bad bg-bad-soft text-left", compact ? "p-3" : "p-5")}>
      <CircleAlert size={20} className="mt-0.5 shrink-0 text-bad" aria-hidden />
      <div className="grid min-w-0 gap-1">
        <p className="font-semibold text-bad">{said.title}</p>
        <p className="text-sm">{known ? known.message : String(error instanceof Error ? error.message : error)}</p>
        <p className="text-sm">{said.remedy}</p>
        {known?.requestId && <p className="text-xs">{words.requestId} <code className="font-mono">{known.requestId}</code> · <code className="font-mono">{known.code}</code></p>}
        {onRetry && <div className="mt-2"><Button icon={<RotateCw size={15} />} onClick={onRetry}>{words.retry}</Button></div>}
      </div>
    </div>
  )
}

export function Skeleton({ className = "h-4 w-full" }: { className?: string }) {
  return <div aria-hidden className={cx("breathe rounded-md bg-line", className)} />
}

/** A page or a list on its way. */
export function Waiting({ lines = 6 }: { lines?: number }) {
  return (
    <div role="status" className="grid gap-3">
      <span className="sr-only">{words.loading}</span>
      {Array.from({ length: lines }, (_, line) => <Skeleton key={line} className={line === 0 ? "h-8 w-1/3" : "h-9 w-full"} />)}
    </div>
  )
}
