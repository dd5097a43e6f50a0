import type { ReactNode } from "react"
import type { Schema } from "@/shared/form/schema.ts"
import { StoredActions } from "@/shared/stored/actions.tsx"
import { History } from "@/shared/stored/history.tsx"
import { words } from "@/shared/stored/words.ts"
import { CodeBlock } from "@/shared/parts/small.tsx"
import { useMay } from "@/shared/session.ts"

type Doc = Record<string, unknown>
type Row = { name: string; kind: string; source: string; version: number; tenant: string; document: Doc | null; written_at?: string | null; written_by?: string }
type Calls<R> = {
  save: (row: R, document: Doc, version: number | undefined) => Promise<"done" | "waits">
  withdraw: (row: R) => Promise<"done" | "waits">
  restore: (row: R, version: number) => Promise<"done" | "waits">
  versions: (row: R, signal: AbortSignal) => Promise<readonly { version: number; document: Doc | null; written_at?: string | null; written_by?: string }[]>
}

type Props<R> = {
  row: R
  calls: Calls<R>
  schema: Schema
  onGone: () => void
  permission?: string
  /** It is about more than those whom the reader manages: whatever their permissions, it is not theirs to change. */
  isBeyond?: boolean
  children?: ReactNode
}

/** What every drawer of a row ends with: change it, take it back, all of it as JSON, what it was before. */
export function StoredRest<R extends Row>({ row, calls, schema, onGone, permission = `${row.kind}.write`, isBeyond = false, children }: Props<R>) {
  const isOperator = useMay("objects.operate")
  const mayWrite = (useMay(permission) && !isBeyond) || isOperator
  const isTheirs = row.source === "stored" && (isOperator || row.tenant !== "")
  const note = isOperator || row.tenant !== "" ? (row.source === "file" ? words.fileNote : undefined) : words.copyNote
  return (
    <>
      <details className="rounded-lg border px-3">
        <summary className="touch flex items-center text-sm font-medium">{words.document}</summary>
        <div className="pb-3"><CodeBlock label={words.document} code={JSON.stringify(row.document ?? {}, null, 2)} /></div>
      </details>
      {row.source === "stored" && <History section={row.kind} name={row.name} version={row.version} load={(signal) => calls.versions(row, signal)} onRestore={mayWrite && isTheirs ? (version) => calls.restore(row, version) : undefined} />}
      {mayWrite && (
        <StoredActions key={`${row.name} ${row.version}`} name={row.name} schema={schema} document={row.document ?? {}} note={note} onGone={onGone} onSave={(document) => calls.save(row, document, isTheirs ? row.version : undefined)} onWithdraw={isTheirs ? () => calls.withdraw(row) : undefined}>
          {children}
        </StoredActions>
      )}
    </>
  )
}
