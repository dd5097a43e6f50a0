import { isRecord } from "@/client/errors.ts"
import type { Answer } from "@/client/request.ts"
import { type Given, usePacks } from "@/features/guardrails/data.ts"
import { strings } from "@/features/guardrails/strings.ts"
import { Drawer } from "@/shared/parts/dialog.tsx"
import { Section } from "@/shared/parts/facts.tsx"
import { Badge } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { type Column, Table } from "@/shared/table/table.tsx"

const { pack: said, columns: head } = strings
type Pack = ReturnType<typeof packOf>
type RuleOfPack = Pack["rules"][number]

const text = (value: unknown) => (typeof value === "string" ? value : "")
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

function packOf(row: Answer<"GET /api/v1/admin/guardrails/policies">["items"][number]) {
  return {
    name: text(row.name),
    title: text(row.title),
    law: text(row.law),
    leaves: list(row.leaves).map(text),
    rules: list(row.rules).filter(isRecord).map((rule) => ({
      id: text(rule.id),
      kind: text(rule.kind),
      mode: text(rule.mode),
      side: text(rule.side),
      serves: list(rule.serves).filter(isRecord).map((one) => ({ at: text(one.at), because: text(one.because) })),
    })),
  }
}

const COLUMNS: readonly Column<RuleOfPack>[] = [
  { id: "id", head: head.rule, cell: (rule) => rule.id, value: (rule) => rule.id },
  { id: "kind", head: head.kind, cell: (rule) => rule.kind, value: (rule) => rule.kind },
  { id: "mode", head: head.mode, cell: (rule) => <Badge tone={rule.mode === "block" ? "bad" : "info"}>{strings.modes[rule.mode] ?? rule.mode}</Badge>, value: (rule) => rule.mode },
  { id: "side", head: head.side, cell: (rule) => strings.sides[rule.side] ?? rule.side, value: (rule) => rule.side },
  { id: "serves", head: head.serves, cell: (rule) => <ul className="grid gap-1 max-md:text-right">{rule.serves.map((one) => <li key={one.at} title={one.because}>{one.at}</li>)}</ul>, value: (rule) => rule.serves.map((one) => `${one.at}: ${one.because}`).join("; ") },
]

export function Packs({ filters, setFilters }: Given) {
  const packs = usePacks()
  if (packs.isPending) return <Waiting />
  if (packs.error) return <ErrorState error={packs.error} onRetry={() => void packs.refetch()} />
  const rows = packs.data.items.map(packOf)
  const open = rows.find((one) => one.name === filters.pack)
  if (rows.length === 0) return <EmptyState title={strings.packEmpty} />
  return (
    <>
      <ul aria-label={strings.tabs.packs} className="grid gap-3 md:grid-cols-2 xl:grid-cols-3">
        {rows.map((one) => (
          <li key={one.name} className="min-w-0">
            <article className="relative grid h-full content-start gap-2 rounded-xl border bg-card p-4 shadow-lift hover:border-edge">
              <header className="flex items-start justify-between gap-2">
                <button type="button" className="touch text-left font-semibold underline-offset-2 after:absolute after:inset-0 after:rounded-xl hover:underline" onClick={() => setFilters({ pack: one.name })}>{one.title}</button>
                <Badge tone="accent">{said.count(one.rules.length)}</Badge>
              </header>
              <p className="text-sm text-quiet">{one.law}</p>
            </article>
          </li>
        ))}
      </ul>
      <Drawer wide open={open !== undefined} onClose={() => setFilters({ pack: "" })} title={open?.title ?? ""}>
        {open && (
          <div className="grid gap-5">
            <p className="text-quiet">{open.law}</p>
            <p className="rounded-lg bg-info-soft px-3 py-2 text-sm">{said.use(open.name)}</p>
            <Table label={said.rules} rows={open.rules} columns={COLUMNS} rowKey={(rule) => rule.id} file={`pack-${open.name}`} />
            {open.leaves.length > 0 && <Section title={said.leaves}><ul className="list-disc grid gap-1 pl-5 text-sm">{open.leaves.map((one) => <li key={one}>{one}</li>)}</ul></Section>}
          </div>
        )}
      </Drawer>
    </>
  )
}
