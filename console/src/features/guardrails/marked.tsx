import type { Finding, Piece } from "@/features/guardrails/marks.ts"
import { strings } from "@/features/guardrails/strings.ts"
import { Badge } from "@/shared/parts/small.tsx"
import { type Column, Table } from "@/shared/table/table.tsx"

const head = strings.columns

/** A text with what was found in it; each finding is named beside it, so that colour says nothing alone. */
export function Marked({ label, pieces }: { label: string; pieces: readonly Piece[] }) {
  return (
    <div role="region" aria-label={label} tabIndex={0} className="max-h-96 overflow-auto rounded-lg border bg-panel p-3 font-mono text-[0.85rem] leading-relaxed break-words whitespace-pre-wrap">
      {pieces.map((piece, place) =>
        piece.finding ? (
          <mark key={place} className="rounded bg-warn-soft px-0.5 text-warn ring-1 ring-warn">
            {piece.text}
            <span className="ml-1 font-sans text-xs font-semibold">{piece.finding.kind}</span>
          </mark>
        ) : (
          <span key={place}>{piece.text}</span>
        ),
      )}
    </div>
  )
}

export function DoesBadge({ does }: { does: string }) {
  return <Badge tone={does === "block" ? "bad" : does === "flag" || does === "shadow" ? "info" : "warn"}>{strings.modes[does] ?? does}</Badge>
}

const COLUMNS: readonly Column<Finding>[] = [
  { id: "kind", head: head.kind, cell: (one) => one.kind, value: (one) => one.kind },
  { id: "guardrail", head: head.guardrail, cell: (one) => one.guardrail, value: (one) => one.guardrail },
  { id: "does", head: head.does, cell: (one) => <DoesBadge does={one.does} />, value: (one) => one.does },
  { id: "place", head: head.place, cell: (one) => placeText(one), value: placeText },
]

export function placeText(one: Finding): string {
  return one.start < 0 ? one.path : `${one.path} ${one.start}–${one.end}`
}

export function FindingTable({ findings, file }: { findings: readonly Finding[]; file: string }) {
  return <Table label={strings.bench.findings} rows={findings} columns={COLUMNS} rowKey={(one) => `${one.id} ${one.kind} ${one.guardrail}`} file={file} />
}
